require ["foreverypart", "mime", "extracttext", "variables", "include", "ihave", "encoded-character"];
foreverypart :name "o" { foreverypart { if header :mime :param ["name"] :is "content-type" "x${unicode:40}" {
  extracttext :first 10 "t"; break :name "o"; } } }
include :once "self"; include :global :optional "none"; include "other"; global ["g"];
if ihave ["vacation", "enotify"] { vacation :days 3 :mime text: # x
..a
.
; notify :message "${t}" "mailto:a@b.c?subject=x"; } else { error "no"; }
