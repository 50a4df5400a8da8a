"""Several mailboxes of one account, watched by one connection."""

from mails import mail, unique
from member import modified_utf7
from servers.daemon import wait_until

ALSO_ON = ["cyrus", "courier"]
NAMES = ("Lists", "Büro & Co")


def watch(member, *folders):
    member.postern.ctl("accounts", "watching", f"{member.jid}/work", "--more-mailboxes",
                       ",".join(folders))


def append(member, folder, subject):
    with member.site.mailboxes.open(member.address) as imap:
        status, answer = imap.append(f'"{modified_utf7(folder)}"', None, None,
                                     mail(subject).as_bytes())
        assert status == "OK", answer


def await_first_sight(member, count):
    """What comes before a mailbox is seen first is not announced."""
    account = member.account_id("work")

    def seen():
        logs = "".join(member.postern.logs().values())
        return sum("seen for the first time" in line and account in line
                   for line in logs.splitlines()) >= count

    wait_until(seen, 15, f"{count} mailboxes to be seen", pause=0.1)


def test_mail_of_further_folders_arrives_by_the_same_account(juliet):
    folders = [juliet.site.mailboxes.folder_name(name) for name in NAMES]
    juliet.make_folders(*folders)
    old = unique("old")
    append(juliet, folders[0], old)
    # Where the server tells of nothing it is asked each minute.
    juliet.register_imap("work", interval=1)
    watch(juliet, *folders)
    await_first_sight(juliet, 1 + len(folders))
    subjects = [unique("list"), unique("office"), unique("inbox")]
    for folder, subject in zip(folders, subjects):
        append(juliet, folder, subject)
    juliet.receive(mail(subjects[2]))
    if juliet.site.mailboxes.name == "courier":
        juliet.check("work")
    for subject in subjects:
        juliet.client.await_message(subject, sender=juliet.contact("work"), seconds=75)
    # And the inbox is watched again.
    last = unique("again")
    juliet.receive(mail(last))
    juliet.client.await_message(last, seconds=10)
    assert not any(old in body for body in juliet.client.bodies())
    for subject in subjects:
        assert sum(subject in body for body in juliet.client.bodies()) == 1


def test_a_folder_that_is_not_there_is_named_and_the_others_are_watched(juliet):
    juliet.register_imap("work", interval=1)
    missing = juliet.site.mailboxes.folder_name("No Such Folder")
    watch(juliet, missing)
    presence = juliet.client.await_presence(juliet.contact("work"), "dnd", seconds=15)
    assert "No Such Folder" in presence.status
    subject = unique("inbox")
    juliet.receive(mail(subject))
    juliet.client.await_message(subject, seconds=10)
