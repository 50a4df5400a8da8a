"""One user can name, list, read or guess nothing of another's: at every door, what is another's
looks exactly like what is not there."""

import pytest

from client import COMMANDS, Refused
from mails import mail, unique


@pytest.fixture
def pair(juliet, new_member):
    """Juliet, who has accounts, and Mallory, who has accounts of other names."""
    juliet.make_folders("Secret Plans")
    juliet.register_imap("work")
    juliet.register_smtp("out")
    subject = unique("private")
    juliet.receive(mail(subject))
    juliet.client.await_message(subject)
    mallory = new_member("mallory")
    mallory.register_imap("mine")
    return juliet, mallory


def answer(ask):
    """What came of asking, as something that can be compared."""
    try:
        return ("answered", ask())
    except Refused as refused:
        return ("refused", refused.condition, refused.text)


def nameless(value, name):
    return repr(value).replace(name, "NAME")


DOORS = {
    "disco#info": lambda c, gw, name: c.info(f"{name}@{gw}"),
    "disco#info of the node": lambda c, gw, name: c.info(f"{name}@{gw}/IMAP", f"IMAP/{name}"),
    "disco#items": lambda c, gw, name: c.items(f"{name}@{gw}/IMAP", f"IMAP/{name}"),
    "a folder": lambda c, gw, name: c.items(f"{name}@{gw}/IMAP/Secret Plans",
                                            f"IMAP/{name}/Secret Plans"),
    "a folder at the gateway": lambda c, gw, name: c.info(gw, f"IMAP/{name}/Secret Plans"),
    "the registration form": lambda c, gw, name: c.form(f"{name}@{gw}/IMAP"),
    "the form of a folder": lambda c, gw, name: c.form(f"{name}@{gw}/IMAP/Secret Plans"),
    "removal": lambda c, gw, name: c.ask_removal(f"{name}@{gw}/IMAP"),
    "the list of commands": lambda c, gw, name: c.items(f"{name}@{gw}", COMMANDS),
    "get-email": lambda c, gw, name: c.command(f"{name}@{gw}", "jmc#get-email"),
    "force-check": lambda c, gw, name: c.command(f"{name}@{gw}", "jmc#force-check"),
    "last error": lambda c, gw, name: c.command(f"{name}@{gw}", "jcl#get-last-error"),
    "password": lambda c, gw, name: c.command(f"{name}@{gw}", "postern#password"),
    "vCard": lambda c, gw, name: c.query(f"{name}@{gw}", "{vcard-temp}vCard"),
    "last activity": lambda c, gw, name: c.query(f"{name}@{gw}", "{jabber:iq:last}query"),
}


def test_what_is_anothers_looks_like_what_is_not_there(pair):
    _, mallory = pair
    for door, knock in DOORS.items():
        theirs = answer(lambda: knock(mallory.client, mallory.gateway, "work"))
        nobodys = answer(lambda: knock(mallory.client, mallory.gateway, "nope"))
        assert theirs[0] == "refused", f"{door}: {theirs}"
        assert nameless(theirs, "work") == nameless(nobodys, "nope"), door


def test_lists_name_only_ones_own(pair):
    _, mallory = pair
    items = mallory.client.items(f"{mallory.gateway}/IMAP", "IMAP")
    assert [name for _, _, name in items] == ["mine"]
    step = mallory.client.command(mallory.gateway, "jmc#force-check")
    assert [label for label, _ in step.form.options["account_names"]] == ["mine (IMAP)"]


def test_a_command_with_anothers_account_checks_nothing(pair):
    juliet, mallory = pair
    for theirs in (f"work/{juliet.jid}", "work"):
        step = mallory.client.command(mallory.gateway, "jmc#force-check")
        with pytest.raises(Refused) as refused:
            mallory.client.command(mallory.gateway, "jmc#force-check", session=step.session,
                                   account_names=[theirs])
        assert refused.value.condition == "bad-request"
    # Juliet's own check is her first within a minute.
    step = juliet.client.command(juliet.gateway, "jmc#force-check")
    done = juliet.client.command(juliet.gateway, "jmc#force-check", session=step.session,
                                 account_names=[f"work/{juliet.jid}"])
    assert "less than a minute ago" not in repr(done)


def test_messages_and_subscriptions_to_anothers_contact_lead_nowhere(pair):
    juliet, mallory = pair
    id = mallory.client.send(juliet.contact("work"), "To: bob@elsewhere.test\n\nHello")
    theirs = mallory.client.await_error(id)
    id = mallory.client.send(f"nope@{mallory.gateway}", "To: bob@elsewhere.test\n\nHello")
    nobodys = mallory.client.await_error(id)
    assert theirs.condition == nobodys.condition == "item-not-found"
    mallory.client.raw(f'<presence to="{juliet.contact("work")}" type="subscribe"/>')
    mallory.client.await_presence(juliet.contact("work"), "unsubscribed")
    mallory.client.raw(f'<presence to="{juliet.contact("work")}" type="probe"/>')
    mallory.client.ping(mallory.gateway)
    assert not mallory.client.sees(juliet.contact("work"))


def test_anothers_mail_is_not_answered_by_its_id(pair):
    juliet, mallory = pair
    mallory.register_smtp("out")
    theirs = next(chat for chat in juliet.client.messages if "private" in chat.body)
    id = mallory.client.send(mallory.contact("mine"), "What was it about?", reply_to=theirs)
    assert mallory.client.await_error(id).condition in ("item-not-found", "not-acceptable",
                                                        "not-allowed")
