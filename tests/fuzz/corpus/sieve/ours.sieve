require ["vnd.postern.deliver", "vnd.postern.hold", "vnd.postern.exec", "vnd.postern.macros", "vnd.postern.replace",
  "vnd.postern.reply", "regex", "extlists", "enotify", "environment", "vnd.postern.environment", "variables"];
if environment "vnd.postern.presence" "dnd" { hold :until "07:00"; deliver :mode "headers" :to "a@b.c"; }
if string :list "${env.from}" "x" { exec :seconds 3 "p"; if exitcode "p" 2 { reply "$SENDER$ $HEADER:X-A$"; } }
replace_text :header "Subject" "a(b)" "c"; append_text "--"; notify "xmpp:a@b.c?message;body=x";
