"""Random Sieve scripts of the extensions that every engine has (P0 of the rules reference), and
mails that they often match. The same for the same seed, but for what the day is."""

import random
from datetime import datetime, timezone

from random_mails import DOMAINS, LOCALS, WORDS, mail

HEADERS = ["Subject", "X-A", "X-B", "x-a", "List-Id", "X-Missing", "Received"]
ADDRESS_HEADERS = ["From", "To", "Cc", "Sender", "Reply-To", "to", "Resent-From"]
ADDRESSES = LOCALS + DOMAINS + [f"{local}@{host}" for local in LOCALS for host in DOMAINS]
GLOBS = ["*", "?", "*foo*", "f?o", "*o", "f*", "*-*", "??", "*a*b*", "* *", "\\\\*", "a\\\\*b", "Re: *",
         "[*] *", "*@*", "*.*", "", "*?", "*foo", "*?o*"]
REGEXES = ["foo", "^foo", "bar$", "^(.*)-(.*)$", "[0-9]+", "f.o", "(foo|bar)", "^Re: (.*)", "o{2}",
           "^$", "[[:digit:]]+", "x?y", "\\\\$", "^[^ ]+ ([a-z]+)", "(a|b)(c|o)*"]
RELATIONS = ["gt", "ge", "lt", "le", "eq", "ne"]
NUMBERS = ["0", "1", "2", "3", "4", "42", "7", "007", "12a"]
FLAGS = ["\\\\Seen", "\\\\Flagged", "\\\\Deleted", "$Work", "urgent", "Seen x"]
EDITED = ["Subject", "X-A", "X-B", "x-a", "X-New"]
MIME_TYPES = ["text", "plain", "text/plain", "multipart", "mixed", "multipart/mixed", "application/x-thing",
              "x-thing", "message/rfc822", "alternative", "utf-8", "cut", "t.txt", "attachment", "a?b"]
# Of RFC 5228 section 2.4.2.4, and what only looks like it.
ENCODED = ["${hex:66 6f 6f}", "${HEX: 62 61 72 }", "${unicode:fc}", "${Unicode:40 2d}", "${hex:24}{a}",
           "${hex:}", "${hex:4 1g}", "${hexx:41}", "${hex:41", "${unicode:}"]
# What is the same all day long.
DAY_PARTS = ["year", "month", "day", "date", "julian", "zone", "weekday"]
DATE_PARTS = ["year", "month", "day", "date", "julian", "hour", "minute", "second", "time", "iso8601",
              "std11", "zone", "weekday"]


def quoted(text):
    """`text` is as it stands between the quotes."""
    return f'"{text}"'


class Script:
    """One script in the making: what it needs is known when it's done."""

    def __init__(self, rng):
        self.rng = rng
        self.needs = {"fileinto"}
        self.mailboxes = 0
        self.redirects = 0
        self.notifies = 0
        self.encoded = rng.random() < 0.3
        if self.encoded:
            self.needs.add("encoded-character")
        self.variables = rng.random() < 0.5
        if self.variables:
            self.needs.add("variables")
        self.edits = rng.random() < 0.3
        if self.edits:
            self.needs.add("editheader")
        self.mime = rng.random() < 0.3
        if self.mime:
            self.needs.add("mime")
        self.in_parts = False

    def text(self):
        body = "".join(self.command(0) for _ in range(self.rng.randint(3, 14)))
        needs = ", ".join(quoted(name) for name in sorted(self.needs))
        return f"require [{needs}];\n{body}"

    # Commands.

    def command(self, depth):
        kinds = [(self.rule, 10 if depth < 2 else 0), (self.mark, 1), (self.keep, 0.3),
                 (self.redirect, 0.4), (self.flags, 1), (self.stop, 0.1), (self.discard, 0.2),
                 (self.vacation, 0.3), (self.notify, 0.3), (self.reject, 0.1)]
        if self.variables:
            kinds += [(self.assign, 3), (self.show, 2)]
        if self.edits:
            kinds += [(self.add_header, 1.5), (self.delete_header, 1.5)]
        if self.mime and not self.in_parts and depth == 0:
            kinds.append((self.parts, 3))
        if self.in_parts and self.variables:
            kinds.append((self.extract, 3))
        make = self.rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        return make(depth)

    def rule(self, depth):
        indent = "  " * depth
        out = f"{indent}if {self.test(0)} {{\n{self.block(depth + 1)}{indent}}}"
        while self.rng.random() < 0.25:
            out += f" elsif {self.test(0)} {{\n{self.block(depth + 1)}{indent}}}"
        if self.rng.random() < 0.3:
            out += f" else {{\n{self.block(depth + 1)}{indent}}}"
        return out + "\n"

    def block(self, depth):
        out = self.mark(depth)
        while self.rng.random() < 0.3:
            out += self.command(depth)
        return out

    def mark(self, depth):
        """A mailbox of its own: shows that this place was reached."""
        self.mailboxes += 1
        if self.mailboxes > 24:  # Pigeonhole takes 32 actions
            return "  " * depth + ("addflag \"reached\";\n" if "imap4flags" in self.needs else "keep;\n")
        words = ""
        if self.rng.random() < 0.2:
            self.needs.add("copy")
            words += ":copy "
        if self.rng.random() < 0.15:
            self.needs.add("imap4flags")
            words += f":flags {self.list_of(FLAGS)} "
        if self.rng.random() < 0.1:
            self.needs.add("mailbox")
            words += ":create "
        return f"{'  ' * depth}fileinto {words}\"m{self.mailboxes}\";\n"

    def show(self, depth):
        """A mailbox that tells what a variable or a capture holds."""
        self.mailboxes += 1
        if self.mailboxes > 24:
            return ""
        return f"{'  ' * depth}fileinto \"v{self.mailboxes} {self.expansion()}\";\n"

    def keep(self, depth):
        words = ""
        if self.rng.random() < 0.3:
            self.needs.add("imap4flags")
            words = f" :flags {self.list_of(FLAGS)}"
        return f"{'  ' * depth}keep{words};\n"

    def discard(self, depth):
        return "  " * depth + "discard;\n"

    def stop(self, depth):
        return "  " * depth + "stop;\n"

    def redirect(self, depth):
        self.redirects += 1
        if self.redirects > 3:
            return ""
        words = ""
        if self.rng.random() < 0.5:
            self.needs.add("copy")
            words = ":copy "
        return f"{'  ' * depth}redirect {words}\"r{self.redirects}@example.net\";\n"

    def flags(self, depth):
        self.needs.add("imap4flags")
        verb = self.rng.choice(["setflag", "addflag", "removeflag"])
        return f"{'  ' * depth}{verb} {self.list_of(FLAGS)};\n"

    def assign(self, depth):
        modifiers = self.rng.sample([":lower", ":upper", ":lowerfirst", ":upperfirst", ":length",
                                     ":quotewildcard"], self.rng.choice([0, 0, 1, 1, 2]))
        if ":lower" in modifiers and ":upper" in modifiers:
            modifiers.remove(":upper")
        if ":lowerfirst" in modifiers and ":upperfirst" in modifiers:
            modifiers.remove(":upperfirst")
        words = "".join(f"{modifier} " for modifier in modifiers)
        value = self.word() + self.expansion() + self.rng.choice(["", "", self.word()])
        return f"{'  ' * depth}set {words}\"{self.rng.choice('abc')}\" {quoted(value)};\n"

    def vacation(self, depth):
        """Twice, or beside a reject, it is an error when the script runs."""
        self.needs.add("vacation")
        words = ""
        if self.rng.random() < 0.5:
            words += f":days {self.rng.randint(1, 7)} "
        if self.rng.random() < 0.5:
            words += f":subject {quoted('Away ' + self.word())} "
        return f"{'  ' * depth}vacation {words}{quoted('I am away: ' + self.word())};\n"

    def notify(self, depth):
        self.notifies += 1
        # Of equal notifications, as a loop makes them, Pigeonhole sends one.
        if self.notifies > 3 or self.in_parts:
            return ""
        self.needs.add("enotify")
        words = f":importance \"{self.rng.randint(1, 3)}\" " if self.rng.random() < 0.5 else ""
        message = quoted("News " + self.word())
        return f"{'  ' * depth}notify {words}:message {message} \"mailto:n{self.notifies}@example.net\";\n"

    def reject(self, depth):
        """Beside what delivers the mail it is an error when the script runs."""
        self.needs.add("reject")
        return f"{'  ' * depth}reject {quoted('No ' + self.word())};\n"

    def add_header(self, depth):
        last = self.rng.choice(["", "", ":last "])
        value = self.rng.choice([word for word in WORDS if word]).replace("\\", "\\\\")
        return f"{'  ' * depth}addheader {last}{quoted(self.rng.choice(EDITED))} {quoted(value)};\n"

    def delete_header(self, depth):
        words = self.index() if self.rng.random() < 0.4 else ""
        name = quoted(self.rng.choice(EDITED))
        if self.rng.random() < 0.4:
            return f"{'  ' * depth}deleteheader {words}{name};\n"
        match, keys = self.match(counted=False)
        return f"{'  ' * depth}deleteheader {words}{match}{name} {keys};\n"

    def parts(self, depth):
        """Each part of the mail; a stop within ends the script, a break the loop."""
        self.needs.add("foreverypart")
        self.in_parts = True
        block = self.block(depth + 1)
        if self.rng.random() < 0.3:
            block += f"  if {self.mime_header(0)} {{ break; }}\n"
        self.in_parts = False
        return f"foreverypart {{\n{block}}}\n"

    def extract(self, depth):
        self.needs.add("extracttext")
        words = f":first {self.rng.randint(1, 9)} " if self.rng.random() < 0.5 else ""
        return f"{'  ' * depth}extracttext {words}\"{self.rng.choice('abc')}\";\n"

    # Tests.

    def test(self, depth):
        kinds = [(self.header, 5), (self.address, 4), (self.envelope, 1.5), (self.exists, 0.7),
                 (self.size, 0.5), (self.body, 1), (self.date, 1), (self.hasflag, 0.7),
                 (self.constant, 0.2), (self.today, 0.5), (self.mailbox, 0.3)]
        if depth < 2:
            kinds += [(self.several, 1.5), (self.negation, 1)]
        if self.variables:
            kinds.append((self.string, 2))
        if self.mime:
            kinds += [(self.mime_header, 4), (self.mime_exists, 1)]
        make = self.rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        return make(depth)

    def constant(self, _):
        return self.rng.choice(["true", "false"])

    def negation(self, depth):
        return f"not {self.test(depth + 1)}"

    def several(self, depth):
        tests = ", ".join(self.test(depth + 1) for _ in range(self.rng.randint(1, 3)))
        return f"{self.rng.choice(['anyof', 'allof'])} ({tests})"

    def header(self, _):
        index = self.index() if self.rng.random() < 0.15 else ""
        # What :count counts of one that is picked by its index, no RFC says.
        match, keys = self.match(counted=not index)
        return f"header {index}{match}{self.list_of(HEADERS)} {keys}"

    def address(self, _):
        part = self.part()
        index = self.index() if self.rng.random() < 0.1 else ""
        match, keys = self.match(ADDRESSES, counted=not index and part != ":detail ")
        return f"address {index}{part}{match}{self.list_of(ADDRESS_HEADERS)} {keys}"

    def envelope(self, _):
        self.needs.add("envelope")
        part = self.part()
        match, keys = self.match(ADDRESSES, counted=part != ":detail ")
        return f"envelope {part}{match}{self.list_of(['from', 'to', 'From'])} {keys}"

    def exists(self, _):
        return f"exists {self.list_of(HEADERS + ADDRESS_HEADERS)}"

    def size(self, _):
        return f"size {self.rng.choice([':over', ':under'])} {self.rng.choice(['1', '300', '500', '1K', '1M'])}"

    def body(self, _):
        self.needs.add("body")
        transforms = ["", ":text ", ":content \"text\" ", ":content \"text/plain\" "]
        # Pigeonhole finds nothing in the raw body of a mail whose header it has edited.
        transform = self.rng.choice(transforms if self.edits else [*transforms, ":raw "])
        kind = self.rng.choice([":contains", ":contains", ":is", ":matches", ":regex"])
        if kind == ":regex":
            self.needs.add("regex")
            return f"body {transform}:regex {self.list_of(REGEXES)}"
        # An end of line is one character here, two there.
        choice = [glob for glob in GLOBS if "?" not in glob] if kind == ":matches" else WORDS
        return f"body {transform}{kind} {self.list_of(choice)}"

    def mime_header(self, _):
        child = self.rng.choice(["", ":anychild "])
        option = self.rng.choice(["", ":type ", ":subtype ", ":contenttype ", ":param \"charset\" ",
                                  ":param [\"boundary\", \"name\", \"filename\"] "])
        kind = self.rng.choice([":is ", ":contains ", ":matches "])
        keys = [key for key in MIME_TYPES if kind == ":matches " or key != "a?b"]
        name = self.rng.choice(["Content-Type", "Content-Type", "Content-Disposition", "Subject"])
        if name == "Subject":
            option = ""
        return f"header :mime {child}{option}{kind}{quoted(name)} {self.list_of(keys)}"

    def mime_exists(self, _):
        child = self.rng.choice(["", ":anychild "])
        return f"exists :mime {child}{self.list_of(['Content-Type', 'Content-Disposition', 'Subject', 'X-A'])}"

    def date(self, _):
        # Pigeonhole takes another field where there is none of the index that is asked for.
        index = ""
        if self.rng.random() < 0.15:
            self.needs.add("index")
            index = f":index 1 {self.rng.choice(['', ':last '])}"
        self.needs.add("date")
        zone = self.rng.choice([":zone \"+0100\" ", ":zone \"-0330\" ", ":originalzone ", ":zone \"+0000\" "])
        part = self.rng.choice(DATE_PARTS)
        match, keys = self.match(["2026", "01", "06", "2026-01-06", "09:30:05", "+0100", "2", "09", "30",
                                  "58854", "2018-12-31", "23", "00:00:00", "10"], counted=not index)
        return f"date {index}{zone}{match}{quoted(self.rng.choice(['Date', 'X-Date', 'X-Missing']))} " \
               f"{quoted(part)} {keys}"

    def today(self, _):
        self.needs.add("date")
        now = datetime.now(timezone.utc)
        keys = [str(now.year), f"{now.month:02}", f"{now.day:02}", str(now.date()), "+0000", "+0100",
                str((now.weekday() + 1) % 7)]
        match, keys = self.match(keys)
        zone = self.rng.choice([":zone \"+0000\" ", ":zone \"+0100\" "])
        return f"currentdate {zone}{match}{quoted(self.rng.choice(DAY_PARTS))} {keys}"

    def mailbox(self, _):
        """There is none: nothing is stored anywhere."""
        self.needs.add("mailbox")
        return f"mailboxexists {self.list_of(['m1', 'Lists', 'INBOX.x'])}"

    def hasflag(self, _):
        self.needs.add("imap4flags")
        if self.rng.random() < 0.2:
            self.needs.add("relational")
            self.needs.add("comparator-i;ascii-numeric")
            return f"hasflag :count {quoted(self.rng.choice(RELATIONS))} " \
                   f":comparator \"i;ascii-numeric\" {quoted(self.rng.choice('0123'))}"
        return f"hasflag {self.rng.choice([':is', ':contains', ':matches'])} {self.list_of(FLAGS)}"

    def string(self, _):
        # Pigeonhole compares octets here unless told otherwise; RFC 5228 section 2.7.3 does not.
        match, keys = self.match(always=True)
        sources = ", ".join(quoted(self.expansion() + self.rng.choice(["", self.word()]))
                            for _ in range(self.rng.choice([1, 1, 2])))
        return f"string {match}[{sources}] {keys}"

    # Parts of them.

    def index(self):
        self.needs.add("index")
        return f":index {self.rng.randint(1, 3)} {self.rng.choice(['', ':last '])}"

    def part(self):
        part = self.rng.choice(["", ":all ", ":localpart ", ":domain ", ":user ", ":detail "])
        if part in (":user ", ":detail "):
            self.needs.add("subaddress")
        return part

    def match(self, keys=None, always=False, counted=True):
        """The match type with its comparator, which is there if it has to be, and keys that fit."""
        kinds = ["", ":is ", ":contains ", ":matches ", ":matches ", ":regex ", ":value"]
        kind = self.rng.choice(kinds + ([":count"] if counted else []))
        keys = keys or WORDS
        names = ["i;octet", "i;ascii-casemap"]
        if kind == ":matches ":
            keys = GLOBS
        elif kind == ":regex ":
            self.needs.add("regex")
            keys = REGEXES
        elif kind in ("", ":is "):
            names.append("i;ascii-numeric")
        elif kind in (":value", ":count"):
            self.needs.add("relational")
            # RFC 4790 section 9.2.1 compares capitals, Pigeonhole small letters: "[" is between.
            names = ["i;octet", "i;ascii-numeric"] if kind == ":value" else ["i;ascii-numeric"]
            kind += f" {quoted(self.rng.choice(RELATIONS))} "
            always = True
        comparator = ""
        if always or self.rng.random() < 0.3:
            name = self.rng.choice(names)
            if name == "i;ascii-numeric":
                self.needs.add("comparator-i;ascii-numeric")
                # That all that is no number is equal, Pigeonhole doesn't see of what is empty.
                keys = NUMBERS
            comparator = f":comparator {quoted(name)} "
        return kind + comparator, self.list_of(keys)

    def list_of(self, choice):
        picked = [quoted(self.rng.choice(choice).replace("\\o", "\\\\o")) for _ in range(self.rng.choice([1, 1, 1, 2, 3]))]
        return picked[0] if len(picked) == 1 else f"[{', '.join(picked)}]"

    def word(self):
        if self.rng.random() < (0.3 if self.encoded else 0.02):
            return self.rng.choice(ENCODED)
        return self.rng.choice(WORDS).replace("\\", "\\\\")

    def expansion(self):
        return self.rng.choice(["${a}", "${b}", "${c}", "${1}", "${2}", "${0}", "${A}", "${d}", "${", "$", "${a b}"])


def case(seed):
    """(script, mail, envelope sender, envelope recipient)"""
    rng = random.Random(seed)
    script = Script(rng).text()
    return (script, mail(rng), f"{rng.choice(LOCALS)}@{rng.choice(DOMAINS)}",
            f"{rng.choice(LOCALS)}@{rng.choice(DOMAINS)}")
