require ["fileinto", "variables", "regex", "imap4flags", "relational", "comparator-i;ascii-numeric", "date", "body"];
# rule:[Lists]
if header :matches "list-id" "*<*.*>" {
  set :lower :upperfirst "list" "${2}";
  fileinto :flags ["\\Seen", "list"] "Lists/${list}";
  stop;
}
elsif allof (not header :regex "subject" "^(re|fwd?): .{3,20}[[:digit:]]$",
             currentdate :value "ge" "hour" "22", size :over 10K) {
  addflag "f" "x"; keep;
}
/* two */
if anyof (body :content "text/html" :contains ["a", "b"], true) { discard; } else { keep; }
