"""Rules that people make by chat and by form, without knowing what a rule is."""

import pytest

from mails import mail, unique
from test_chat_commands import say
from test_rules_effects import await_in, mails_in, restart
from test_schedules import around_now

RULES = "postern#rules"
CORRECT = "urn:xmpp:message-correct:0"
ARRIVES = 20  # seconds
ROMEO, TYBALT = "Romeo <romeo@elsewhere.test>", "Tybalt <tybalt@elsewhere.test>"


@pytest.fixture
def reader(juliet):
    # Whether somebody has rules at all is looked up every ten seconds: this one has.
    script = juliet.postern.folder / "nothing.sieve"
    script.write_text("if false { discard; }")
    juliet.postern.ctl("rules", "import", "sieve", script, "--scope", juliet.jid)
    juliet.register_imap("work")
    yield juliet
    while say(juliet, "rule delete 1").startswith("Deleted"):
        pass
    say(juliet, "quiet off")


def receive(member, word, sender=ROMEO, **fields):
    subject = unique(word)
    member.receive(mail(subject, sender=sender, to=member.address, **fields))
    return subject


def received(member, word, sender=ROMEO, **fields):
    """The message that the mail comes as."""
    return member.client.await_message(receive(member, word, sender, **fields), seconds=ARRIVES)


def reply(member, chat, text):
    """What is said to a reply."""
    member.client.forget()
    member.client.send(chat.sender, text, reply_to=chat)
    return member.client.await_message(sender=chat.sender, type="chat").body


def does_not_come(member, subject, sender=TYBALT):
    """A mail that came later is there, and this one isn't."""
    later = receive(member, "later", sender)
    member.client.await_message(later, seconds=ARRIVES)
    return not any(subject in body for body in member.client.bodies())


def test_a_sender_is_muted_by_a_reply_and_heard_again(reader):
    told = reply(reader, received(reader, "tiresome"), "mute this sender")
    assert told.startswith("Mail from romeo@elsewhere.test is not shown to you any more.")
    muted = receive(reader, "muted")
    assert does_not_come(reader, muted)
    assert muted in mails_in(reader), "it stays in the mailbox"

    why = say(reader, "why not romeo")
    assert muted in why and "don't show it, by your rule 1 (If the sender is \"romeo@" in why
    assert "Rules kept back no such mail" in say(reader, "why not somebody else")

    assert "is shown to you again" in say(reader, "unmute romeo@elsewhere.test")
    received(reader, "heard again")


def test_a_bare_word_is_done_or_refused_and_never_mailed(reader):
    chat = received(reader, "tiresome again")
    assert reply(reader, chat, "mute").startswith("Mail from romeo@elsewhere.test is not shown")
    assert "Not mailed: that is a command." in reply(reader, chat, "rules")
    assert "Not mailed: that is a command." in reply(reader, chat, "why not?")
    assert "No rule had to do with that mail" in reply(reader, chat, "why?")
    assert "is muted already" in say(reader, "mute romeo@elsewhere.test")

    # The latest word counts.
    assert "Not muted any more: romeo@" in say(reader, "vip romeo@elsewhere.test")
    received(reader, "heard as a VIP")
    assert "No VIP any more: romeo@" in say(reader, "mute romeo@elsewhere.test")
    assert does_not_come(reader, receive(reader, "muted for good"))


def test_only_contacts_are_heard(reader):
    assert "No contact of yours stands for a mail address" in say(reader, "only from my contacts")
    contact = reader.address_contact("romeo@elsewhere.test")
    reader.client.raw(f'<presence to="{contact}" type="subscribe"/>')
    # At once: who has just been added is waited for.
    assert "(1 address)" in say_slowly(reader, "only from my contacts")
    stranger = receive(reader, "stranger", TYBALT)
    assert does_not_come(reader, stranger, ROMEO)
    assert "whoever it is from" in say(reader, "only from my contacts off")
    received(reader, "stranger again", TYBALT)


def test_a_vip_is_heard_in_quiet_hours(reader):
    assert "shown at once" in say(reader, "vip romeo@elsewhere.test")
    assert "Quiet hours: " in say(reader, f"quiet {around_now()}")
    held = receive(reader, "held", TYBALT)
    urgent = receive(reader, "urgent")
    reader.client.await_message(urgent, seconds=ARRIVES)
    assert not any(held in body for body in reader.client.bodies())
    assert "no quiet hours" in say(reader, "quiet off")
    reader.client.await_message(held, seconds=ARRIVES)


def test_rules_are_tried_on_a_folder_then_applied(reader):
    kept = received(reader, "kept", TYBALT).subject
    moved = [receive(reader, "moved") for _ in range(2)]
    for subject in moved:
        reader.client.await_message(subject, seconds=ARRIVES)
    step = reader.client.command(reader.gateway, RULES)
    form = reader.client.command(reader.gateway, RULES, "next", step.session, rule="new", do="edit")
    rule = {**form.form.values, "condition-1": "from", "comparison-1": "contains",
            "values-1": ["romeo@elsewhere.test"], "action-1": "file", "value-1": ["Romeo"]}
    tried = reader.client.command(reader.gateway, RULES, "complete", step.session,
                                  **{**rule, "try": "1"})
    assert tried.status == "executing", tried
    assert '2 × move it to the folder "Romeo"' in tried.form.instructions
    assert "You have no rule 1." in say(reader, "rule 1")
    done = reader.client.command(reader.gateway, RULES, "complete", step.session,
                                 **tried.form.values)
    assert done.status == "completed", done
    assert "move it to the folder" in done.notes[0]

    told = say_slowly(reader, "rules try INBOX")
    assert '2 × move it to the folder "Romeo"' in told and "1 × nothing" in told
    assert "would do with 3 mails" in told
    assert "Nothing was changed." in told
    assert set(moved) <= set(mails_in(reader))
    assert 'Answer "yes"' in say_slowly(reader, "rules apply INBOX")
    assert "What rules (yours and this gateway's) did with" in say_slowly(reader, "yes")
    for subject in moved:
        await_in(reader, "Romeo", subject)
    assert kept is not None and not set(moved) & set(mails_in(reader))

    fresh = receive(reader, "fresh")
    await_in(reader, "Romeo", fresh)
    assert does_not_come(reader, fresh)


def say_slowly(member, text):
    """A mail server is asked before there is an answer."""
    member.client.forget()
    member.client.send(member.gateway, text)
    return member.client.await_message(sender=member.gateway, type="chat", seconds=40).body


def test_a_rule_is_made_from_a_mail_by_number(reader):
    chat = received(reader, "minutes", list_id="The list <dev.lists.elsewhere.test>")
    proposed = reply(reader, chat, "rule")
    number = next(line.partition(".")[0] for line in proposed.splitlines()
                  if 'mailing list is "dev.lists.elsewhere.test": move it' in line)
    reader.client.forget()
    reader.client.send(chat.sender, f"{number} Lists/dev")
    reader.client.await_message('Stored: If the mailing list is "dev.lists', sender=chat.sender)
    filed = receive(reader, "more minutes", TYBALT, list_id="<dev.lists.elsewhere.test>")
    await_in(reader, "Lists/dev", filed)
    assert does_not_come(reader, filed)


def test_a_word_about_an_address_counts_more_than_one_about_its_domain(reader):
    assert "is shown at once" in say(reader, "vip @elsewhere.test")
    assert "is not shown to you any more" in say(reader, "mute romeo@elsewhere.test")
    assert does_not_come(reader, receive(reader, "muted among VIPs"))
    assert "Not muted any more: romeo@" in say(reader, "vip romeo@elsewhere.test")
    told = say(reader, "mute @elsewhere.test")
    assert "No VIP any more: @elsewhere.test." in told and "Still a VIP" in told
    muted = receive(reader, "muted domain", TYBALT)
    assert does_not_come(reader, muted, ROMEO)


def test_a_mail_corrected_to_a_command_stays_as_it_was(reader):
    reader.register_smtp("out")
    chat = received(reader, "hello")
    id = reader.client.send(chat.sender, "mutte", reply_to=chat)
    reader.client.await_receipt(id)
    reader.client.forget()
    reader.client.raw(f'<message to="{chat.sender}" type="chat" id="{id}-2">'
                      f'<body>mute this sender</body><replace xmlns="{CORRECT}" id="{id}"/></message>')
    told = reader.client.await_message(sender=chat.sender, type="chat").body
    assert told.startswith("Not mailed, and the mail that you corrected is as it was")
    received(reader, "still heard")


def test_a_number_after_a_newer_mail_is_an_answer_to_that_mail(reader):
    reader.register_smtp("out")
    asked = received(reader, "first")
    assert "\n2. " in reply(reader, asked, "rule")
    subject = receive(reader, "How many?")
    newer = reader.client.await_message(subject, seconds=ARRIVES)
    id = reader.client.send(newer.sender, "2")
    reader.client.await_receipt(id)
    (answer,) = reader.site.recorder.with_subject(f"Re: {subject}")
    assert answer.mail.get_content().strip() == "2"
    assert "You have no rule 1." in say(reader, "rule 1")
    # Without one it is the answer to the question.
    assert "\n2. " in reply(reader, newer, "rule")
    assert "is shown at once" in say(reader, "2", newer.sender)


def test_a_rule_of_one_account_leaves_the_others_alone(reader):
    home = f"home.{reader.address}"
    reader.site.mailboxes.add_user(home)
    reader.register_imap("home", login=home)
    step = reader.client.command(reader.gateway, RULES)
    form = reader.client.command(reader.gateway, RULES, "next", step.session, rule="new", do="edit")
    assert [value for _, value in form.form.options["account"]][1:] == ["home", "work"]
    done = reader.client.command(reader.gateway, RULES, "complete", step.session, **{
        **form.form.values, "account": "home", "condition-1": "subject",
        "comparison-1": "contains", "values-1": ["party"], "action-1": "none"})
    assert done.status == "completed", done
    assert "(mail of the account home)" in say(reader, "rules")
    at_home, after = unique("party"), unique("later")
    for subject in (at_home, after):
        reader.site.mailboxes.deliver(home, mail(subject, sender=ROMEO, to=home).as_bytes())
    reader.client.await_message(after, sender=reader.contact("home"), seconds=ARRIVES)
    assert not any(at_home in body for body in reader.client.bodies())
    assert received(reader, "party").sender == reader.contact("work")
    assert at_home in say(reader, "why not party")


def test_why_a_mail_came(reader):
    plain = received(reader, "plain", TYBALT)
    assert "No rule had to do with that mail" in reply(reader, plain, "why")
    say(reader, "vip romeo@elsewhere.test")
    urgent = received(reader, "urgent")
    told = reply(reader, urgent, "why")
    assert "by your rule 1" in told and "romeo@elsewhere.test" in told


def test_what_lies_in_quarantine_is_released_after_a_restart(reader):
    step = reader.client.command(reader.gateway, RULES)
    form = reader.client.command(reader.gateway, RULES, "next", step.session, rule="new", do="edit")
    done = reader.client.command(reader.gateway, RULES, "complete", step.session, **{
        **form.form.values, "condition-1": "subject", "comparison-1": "begins",
        "values-1": ["Offer"], "action-1": "quarantine"})
    assert done.status == "completed", done
    offer = receive(reader, "Offer")
    assert does_not_come(reader, offer)
    assert '1. ' in (listed := say(reader, "quarantine")) and offer in listed
    reader.client.forget()
    restart(reader.postern, "fetcher", "rules", "edge")
    reader.client.await_presence(reader.contact("work"), seconds=2 * ARRIVES)
    reader.client.send(reader.gateway, "quarantine release 1")
    reader.client.await_message("is released", sender=reader.gateway, seconds=2 * ARRIVES)
    reader.client.await_message(offer, sender=reader.contact("work"), seconds=2 * ARRIVES)
    assert offer not in say(reader, "quarantine")


def test_rules_are_ordered_shown_and_nobody_elses(reader, new_member):
    say(reader, "mute romeo@elsewhere.test")
    say(reader, "vip tybalt@elsewhere.test")
    assert '1. If the sender is "tybalt@' in say(reader, "rule up 2")
    sieve = say(reader, "rules sieve")
    assert "require" in sieve and "romeo@elsewhere.test" in sieve
    other = new_member("nurse")
    other.register_imap("hers")
    assert "You have no rules." in say(other, "rules")
    assert "You have no rule 1." in say(other, "rule delete 1")
    assert '2. If the sender is "romeo@' in say(reader, "rules")
