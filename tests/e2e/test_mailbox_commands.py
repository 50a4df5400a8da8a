"""What other services may have done in a mailbox: told by gRPC, looked after by IMAP."""

import os
import random
import re
import time
from email import policy
from email.message import EmailMessage

import grpc
import pytest

from fetcher_rpc import FetcherRpc
from member import modified_utf7
from mails import mail, unique
from servers.daemon import wait_until

ONLY_ON = ["dovecot", "cyrus", "courier"]

MIB = 1024 * 1024


class Mailbox:
    """A member's account, as another service deals with it."""

    def __init__(self, rpc, member):
        self.rpc = rpc
        self.member = member
        self.id = member.postern.account(member.jid, "work")["id"]

    def __getattr__(self, name):
        call = getattr(self.rpc, name)
        return lambda **fields: call(account_id=self.id, **fields)

    def append(self, content, pieces=64 * 1024, **first):
        def messages():
            yield {"account_id": self.id, "size": len(content), **first}
            for at in range(0, len(content), pieces):
                yield {"data": content[at:at + pieces]}
        return self.rpc.AppendMail(messages())

    def part(self, id, attachment):
        """What it is, and its bytes."""
        messages = list(self.ReadMailPart(id=id, attachment=attachment))
        assert all(len(message.data) <= 64 * 1024 for message in messages)
        return messages[0].about, b"".join(message.data for message in messages)

    def open(self):
        return self.member.site.mailboxes.open(self.member.address)

    def make_folders(self, *names):
        """What the server calls each of them."""
        names = [self.member.site.mailboxes.folder_name(name) for name in names]
        self.member.make_folders(*names)
        return names

    def receive(self, *mails):
        """Returns once the server shows them."""
        before = len(self.ListMails(limit=100).mails)
        for one in mails:
            self.member.receive(one)
        wait_until(lambda: len(self.ListMails(limit=100).mails) == before + len(mails), 10,
                   "the mails to be listed", pause=0.2)

    def find(self, subject):
        """The only mail of that subject."""
        found = self.SearchMails(subject=subject).mails
        assert len(found) == 1, found
        return found[0]


@pytest.fixture(scope="session")
def rpc(postern):
    command = postern.services["fetcher"].command
    rpc = FetcherRpc(command[command.index("--listen") + 1])
    yield rpc
    rpc.close()


@pytest.fixture
def box(rpc, juliet):
    juliet.register_imap("work")
    return Mailbox(rpc, juliet)


def code_of(call):
    with pytest.raises(grpc.RpcError) as error:
        result = call()
        if hasattr(result, "__next__"):
            list(result)
    return error.value.code(), error.value.details()


def subjects(answer):
    return [one.subject for one in answer.mails]


def test_mails_are_found_by_what_they_say_in_any_letters(box):
    greeting, other = unique("Grüße"), unique("other")
    box.receive(mail(greeting, "Schöne Wünsche\n", sender="Jürgen <jm@elsewhere.test>"))
    time.sleep(1.1)  # servers know by seconds what came first
    box.receive(mail(other, "nothing of that\n"))
    assert subjects(box.SearchMails(subject=greeting)) == [greeting]
    assert subjects(box.SearchMails(text="Wünsche")) == [greeting]
    assert subjects(box.SearchMails(**{"from": "Jürgen"})) == [greeting]
    assert subjects(box.SearchMails(text="is not there")) == []
    everything = box.SearchMails(unseen=True, limit=1)
    assert subjects(everything) == [other] and everything.more and everything.matches == 2
    rest = box.SearchMails(unseen=True, before_id=everything.mails[0].id)
    assert subjects(rest) == [greeting] and not rest.more


def test_what_is_asked_for_injects_nothing(box):
    subject = unique("stays")
    box.receive(mail(subject))
    for text in ('" ALL "', "\\", "(", "{5}", "* BYE", "A1 LOGOUT", "%", ") ALL", "\\Seen"):
        assert subjects(box.SearchMails(text=f"nowhere{text}")) == [], text
    for text in ("a\r\nA9 LOGOUT", "a\nb", "a\0b"):
        code, details = code_of(lambda: box.SearchMails(text=text))
        assert code == grpc.StatusCode.INVALID_ARGUMENT and "text" in details
    assert subjects(box.SearchMails(subject=subject)) == [subject]


def test_flags_are_set_and_taken_off(box):
    subject = unique("mark me")
    box.receive(mail(subject))
    found = box.find(subject)
    assert "\\Seen" not in found.flags
    box.ChangeFlags(ids=[found.id], add=["\\Seen", "\\Flagged", "$Forwarded"])
    (flags,) = box.member.site.mailboxes.flags(box.member.address)
    assert {b"\\Seen", b"\\Flagged", b"$Forwarded"} <= set(flags)
    assert "\\Flagged" in box.find(subject).flags
    assert subjects(box.SearchMails(flagged=True)) == [subject]
    box.ChangeFlags(ids=[found.id], remove=["\\Flagged", "\\Seen"])
    (flags,) = box.member.site.mailboxes.flags(box.member.address)
    assert set(flags) & {b"\\Seen", b"\\Flagged"} == set()
    for flag in ("\\Deleted", "a b", "a)\r\nA1 LOGOUT", "ü"):
        code, details = code_of(lambda: box.ChangeFlags(ids=[found.id], add=[flag]))
        assert code == grpc.StatusCode.INVALID_ARGUMENT and details.startswith("add ")


def test_a_mail_is_moved_to_where_its_folder_is_for(box):
    trash, drafts = box.make_folders("Trash", "Entwürfe")
    subject = unique("move me")
    box.receive(mail(subject))
    assert box.MoveMails(ids=[box.find(subject).id], to_mailbox="\\Trash").mailbox == trash
    assert subjects(box.ListMails()) == []
    (moved,) = box.ListMails(mailbox=trash).mails
    assert moved.subject == subject
    (read,) = box.ReadMails(ids=[moved.id]).mails
    assert read.mail.subject == subject
    assert box.MoveMails(ids=[moved.id], to_mailbox=drafts).mailbox == drafts
    assert subjects(box.ListMails(mailbox=drafts)) == [subject]
    with box.open() as client:
        assert client.select(modified_utf7(drafts), readonly=True)[1] == [b"1"]
    nowhere = box.member.site.mailboxes.folder_name("Nirgends ü")
    code, details = code_of(lambda: box.MoveMails(
        ids=[box.ListMails(mailbox=drafts).mails[0].id], to_mailbox=nowhere))
    assert code == grpc.StatusCode.FAILED_PRECONDITION and nowhere in details


def test_only_what_is_named_is_removed(box):
    named, marked, left = unique("named"), unique("marked"), unique("left")
    box.receive(mail(named), mail(marked), mail(left))
    with box.open() as client:
        client.select("INBOX")
        client.store("2", "+FLAGS", "\\Deleted")
    box.DeleteMails(ids=[box.find(named).id])
    with box.open() as client:
        assert client.select("INBOX", readonly=True)[1] == [b"2"]
    assert set(subjects(box.ListMails())) == {marked, left}


def test_a_large_mail_is_filed_as_it_is(box):
    (sent,) = box.make_folders("Sent")
    noise = random.Random(5).randbytes(3_700_000)
    message = mail(unique("sent"))
    message.add_attachment(noise, maintype="application", subtype="octet-stream", filename="n")
    content = message.as_bytes(policy=policy.SMTP)
    assert len(content) > 5_000_000
    filed = box.append(content, mailbox="\\Sent", flags=["\\Seen"], received_unix=1_700_000_000)
    assert filed.mailbox == sent and filed.id
    with box.open() as client:
        client.select(sent, readonly=True)
        _, answers = client.fetch("1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")
    head, stored = answers[0]
    assert stored == content
    assert b"\\Seen" in head and b"14-Nov-2023" in head
    about, back = box.part(filed.id, 1)
    assert back == noise and about.file_name == "n"
    # Nothing of what was filed came by as a new mail.
    assert subjects(box.ListMails()) == []


def test_a_mail_that_breaks_off_is_not_filed(box):
    (sent,) = box.make_folders("Sent")
    content = mail(unique("broken")).as_bytes(policy=policy.SMTP)

    def short():
        yield {"account_id": box.id, "mailbox": sent, "size": len(content) + 100}
        yield {"data": content}

    def long():
        yield {"account_id": box.id, "mailbox": sent, "size": len(content) - 1}
        yield {"data": content}

    for messages in (short, long):
        code, details = code_of(lambda: box.rpc.AppendMail(messages()))
        assert code == grpc.StatusCode.INVALID_ARGUMENT
        assert "data came than the size said" in details
    code, details = code_of(lambda: box.append(content.replace(b"H", b"\0"), mailbox=sent))
    assert code == grpc.StatusCode.INVALID_ARGUMENT and "NUL" in details
    assert subjects(box.ListMails(mailbox=sent)) == []
    box.append(content, mailbox=sent)
    assert len(box.ListMails(mailbox=sent).mails) == 1


def with_attachments(subject, *attachments, html=True):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@elsewhere.test", "b@mail.test", subject
    message.set_content("text\n")
    if html:
        message.add_alternative("<p>text</p>", subtype="html")
    for name, content in attachments:
        message.add_attachment(content, maintype="application", subtype="octet-stream",
                               filename=name)
    return message


@pytest.mark.parametrize("size", [3_000, 3_000_000], ids=["small", "large"])
def test_attachments_come_back_byte_for_byte(box, size):
    chance = random.Random(size)
    parts = [("erste ü.bin", chance.randbytes(size)), ("second.bin", b""),
             ("third.bin", bytes(range(256)) * 20)]
    message = with_attachments(unique("parts"), *parts)
    box.receive(message)
    found = box.find(message["Subject"])
    (read,) = box.ReadMails(ids=[found.id]).mails
    assert [one.file_name for one in read.mail.attachments] == [name for name, _ in parts]
    for number, (name, content) in enumerate(parts, start=1):
        about, back = box.part(found.id, number)
        assert about.file_name == name
        assert back == content, name
    about, whole = box.part(found.id, 0)
    assert about.content_type == "message/rfc822" and about.size == len(whole)
    with box.open() as client:
        client.select("INBOX", readonly=True)
        _, answers = client.fetch("1", "(BODY.PEEK[])")
    assert whole == answers[0][1]
    code, details = code_of(lambda: box.ReadMailPart(id=found.id, attachment=4))
    assert code == grpc.StatusCode.FAILED_PRECONDITION and "attachment" in details


def peak_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])


def test_a_part_of_25_mb_passes_through_little_memory(box):
    content = os.urandom(25 * MIB)
    box.receive(with_attachments("large", ("large.bin", content)))
    box.part(box.find("large").id, 1)
    pid = box.member.postern.services["fetcher"].process.pid
    with open(f"/proc/{pid}/clear_refs", "w") as reset:
        reset.write("5")
    before = peak_kib(pid)
    _, back = box.part(box.find("large").id, 1)
    grown = peak_kib(pid) - before
    assert back == content
    print(f"25 MiB, and {grown} KiB of memory more")
    assert grown < 8 * 1024


def test_a_caller_who_goes_away_ends_the_reading(box):
    message = with_attachments(unique("half"), ("noise", os.urandom(6 * MIB)))
    box.receive(message)
    found = box.find(message["Subject"])

    # As many streams of one user may be open as the limit says: those before have to end.
    def unless_busy(read):
        try:
            return read()
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
            return False

    def begin_and_go():
        stream = box.ReadMailPart(id=found.id, attachment=1)
        next(stream)
        stream.cancel()
        return True
    for _ in range(5):
        wait_until(lambda: unless_busy(begin_and_go), 20, "a stream to end", pause=0.1)
    _, back = wait_until(lambda: unless_busy(lambda: box.part(found.id, 1)), 20,
                         "the last stream to end", pause=0.1)
    assert len(back) == 6 * MIB


def test_quota_is_told(box):
    if box.member.site.mailboxes.name != "dovecot":
        assert not box.GetMailQuota().resources  # the others have none here
        return
    box.receive(mail("takes some room", "x" * 10_000))
    resources = {one.name: one for one in box.GetMailQuota().resources}
    assert resources["STORAGE"].limit == 1024 * 1024
    assert 10 <= resources["STORAGE"].used < 100


def test_folders_say_what_they_are_for_and_what_they_hold(box):
    sent, trash, work = box.make_folders("Sent", "Trash", "Work")
    box.receive(mail("one"), mail("two"))
    box.ChangeFlags(ids=[box.ListMails().mails[0].id], add=["\\Seen"])

    above = [name for name in box.member.site.mailboxes.prefix.split(".") if name]

    def folders():
        return {folder.mailbox: folder for path in ([], above)
                for folder in box.ListFolders(path=path).folders}
    wait_until(lambda: work in folders(), 15, "the new folders to be listed", pause=0.5)
    listed = folders()
    assert listed[sent].special_use == "Sent" and listed[trash].special_use == "Trash"
    assert listed[work].special_use == ""
    with box.open() as client:
        if b"LIST-STATUS" not in client.capability()[1][0]:
            return  # it is not asked for each folder
    assert (listed["INBOX"].messages, listed["INBOX"].unseen) == (2, 1)
    assert (listed[work].messages, listed[work].unseen) == (0, 0)


def test_listing_reading_and_marking_are_one_login(box):
    box.receive(mail(unique("one login")))
    log = box.member.site.mailboxes.daemon.log

    def logins():
        return log.read_text(errors="replace").count(f"imap-login: Info: Login: user="
                                                     f"<{box.member.address}>")
    before = logins()
    (listed,) = box.ListMails().mails
    box.ReadMails(ids=[listed.id])
    box.ChangeFlags(ids=[listed.id], add=["\\Seen"])
    box.SearchMails(text="Hello")
    assert logins() - before <= 1


def test_the_rules_as_they_stand_are_applied_to_old_mails(box, tmp_path):
    reader, kept, unwanted = box.member, unique("kept"), unique("$$$ win")
    box.receive(mail(kept), mail(unwanted))
    reader.client.await_message(kept)
    reader.client.await_message(unwanted)
    rules = tmp_path / "reject.txt"
    rules.write_text("subject:\\$\\$\\$\n")
    reader.postern.ctl("rules", "import", "jsmail", "--reject", rules, "--scope", reader.jid)
    judged = {one.mail.subject: one for one in box.ApplyRules().mails}
    assert judged[kept].wanted and not judged[unwanted].wanted
    assert "reject.txt:1" in judged[unwanted].reason
    heard = len([body for body in reader.client.bodies() if kept in body])
    box.ApplyRules(deliver=True)
    wait_until(lambda: len([body for body in reader.client.bodies() if kept in body]) == heard + 1,
               10, "the mail to be delivered again")
    assert len([body for body in reader.client.bodies() if unwanted in body]) == 1
    rules.write_text("")
    reader.postern.ctl("rules", "import", "jsmail", "--reject", rules, "--scope", reader.jid)


def test_what_is_not_there_is_told_so(rpc, box):
    box.receive(mail(unique("here")))
    (found,) = box.ListMails().mails
    validity, _, uid = found.id.partition(":")
    code, _ = code_of(lambda: rpc.SearchMails(account_id="nobody's"))
    assert code == grpc.StatusCode.NOT_FOUND
    code, details = code_of(lambda: box.ChangeFlags(ids=[f"{int(validity) + 1}:{uid}"],
                                                    add=["\\Seen"]))
    assert code == grpc.StatusCode.FAILED_PRECONDITION and "changed meanwhile" in details
    code, details = code_of(lambda: box.ReadMailPart(id=f"{validity}:99999", attachment=0))
    assert code == grpc.StatusCode.FAILED_PRECONDITION and "no longer" in details
    code, details = code_of(lambda: box.ListMails(mailbox="Nowhere"))
    assert code == grpc.StatusCode.FAILED_PRECONDITION and "Nowhere" in details
    for mailbox in ("a\r\nA1 LOGOUT", "\x7f", "x" * 2000):
        code, details = code_of(lambda: box.ListMails(mailbox=mailbox))
        assert code == grpc.StatusCode.INVALID_ARGUMENT and details.startswith("mailbox ")
    for ids in ([], ["nonsense"], [found.id] * 101, [found.id, f"{found.id}:V29yaw"]):
        code, details = code_of(lambda: box.DeleteMails(ids=ids))
        assert code == grpc.StatusCode.INVALID_ARGUMENT and details.startswith("ids ")
    assert len(box.ListMails().mails) == 1


def test_pop3_reads_parts_and_removes_mails_and_has_no_more(rpc, juliet):
    juliet.register_pop3("work", seconds=25)  # there are servers that want ten between two logins
    box = Mailbox(rpc, juliet)
    content = os.urandom(2 * MIB)
    message = with_attachments(unique("by POP3"), ("a.bin", content))
    box.receive(message, mail(unique("stays")))
    found = next(one for one in box.ListMails().mails if one.subject == message["Subject"])
    about, back = box.part(found.id, 1)
    assert back == content and about.file_name == "a.bin"
    box.DeleteMails(ids=[found.id])
    assert message["Subject"] not in subjects(box.ListMails())
    assert len(box.ListMails().mails) == 1
    code, details = code_of(lambda: box.SearchMails(text="x"))
    assert code == grpc.StatusCode.UNIMPLEMENTED and "IMAP" in details


def test_reading_marks_nothing(box):
    """Reading, in all its ways, leaves a mail unseen."""
    box.receive(with_attachments(unique("unseen"), ("a", b"b")))
    (found,) = box.ListMails().mails
    box.ReadMails(ids=[found.id])
    box.part(found.id, 0)
    box.part(found.id, 1)
    box.SearchMails(text="text")
    (flags,) = box.member.site.mailboxes.flags(box.member.address)
    assert b"\\Seen" not in flags
