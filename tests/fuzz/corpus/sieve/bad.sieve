keep,
if anyof(true,) { stop } a 10X; "x
