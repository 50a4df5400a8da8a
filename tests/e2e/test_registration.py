"""Finding the gateway, registering accounts, and what appears in the roster."""

import pytest

from client import Refused
from mails import unique
from servers.daemon import wait_until


def test_the_gateway_is_found_by_service_discovery(juliet):
    assert juliet.gateway in [jid for jid, _, _ in juliet.client.items("localhost")]
    identities, features = juliet.client.info(juliet.gateway)
    assert {"gateway/smtp", "headline/newmail"} <= set(identities)
    assert {"jabber:iq:register", "jabber:iq:gateway"} <= set(features)
    nodes = {(jid, node) for jid, node, _ in juliet.client.items(juliet.gateway)}
    assert {(f"{juliet.gateway}/{type}", type) for type in ("IMAP", "SMTP")} <= nodes


def test_accounts_registered_at_the_type_nodes_become_contacts_that_show_health(juliet):
    work = juliet.register_imap("work")
    out = juliet.register_smtp("out")
    juliet.client.await_message("New account 'work' created", sender=juliet.gateway)
    juliet.client.await_presence(work, containing="imap")
    juliet.client.await_presence(out, containing="smtp")
    juliet.client.await_presence(juliet.gateway, containing="2 accounts")
    # Presence may come before the client has answered the last request.
    assert juliet.client.roster_becomes({juliet.gateway: "both", work: "both", out: "both"})


def test_accounts_of_each_type_are_registered_at_the_gateway_itself_in_one_step(juliet):
    form = juliet.client.full_form(juliet.gateway)
    assert [value for _, value in form.options["type"]] == ["IMAP", "POP3", "SMTP", "GlobalSMTP"]
    common = dict(login=juliet.address, password=juliet.person.mail_password, host="localhost",
                  ssl=1)
    with pytest.raises(Refused) as refused:
        juliet.client.register(juliet.gateway, **{**common, "type": "UUCP", "name": "home"})
    assert "'type'" in refused.value.text and "POP3" in refused.value.text
    boxes = juliet.site.mailboxes
    for type, fields in {"IMAP": dict(port=boxes.imaps_port),
                         "POP3": dict(port=boxes.pop3s_port),
                         "SMTP": dict(port=juliet.site.recorder.port,
                                      default_from=juliet.address)}.items():
        name = f"by-{type.lower()}"
        juliet.client.register(juliet.gateway, type=type, name=name, **common, **fields)
        juliet.client.await_presence(juliet.contact(name), containing=type.lower(), seconds=10)


def test_a_sender_may_have_a_name_or_none(juliet):
    for name, sender in (("named", f"Juliet Capulet <{juliet.address}>"),
                         ("bare", juliet.address)):
        contact = juliet.register_smtp(name, default_from=sender)
        assert juliet.client.form(f"{contact}/SMTP")["default_from"] == sender
        subject = unique(name)
        juliet.client.send(contact, f"To: bob@elsewhere.test\nSubject: {subject}\n\nHello")
        sent = juliet.site.recorder.await_subject(subject)
        assert sent.sender == juliet.address
        assert str(sent.mail["From"]) == sender


def test_the_default_account_is_one_alone(juliet):
    def default():
        return {name: juliet.client.form(f"{juliet.contact(name)}/SMTP")["default_account"]
                for name in ("one", "two")}
    for name in ("one", "two"):
        juliet.register_smtp(name, default_from=f"{name}-{juliet.address}", default_account=
                             int(name == "one"))
    assert default() == {"one": "1", "two": "0"}
    juliet.client.submit(f"{juliet.contact('two')}/SMTP", default_account=1)
    wait_until(lambda: default() == {"one": "0", "two": "1"}, 5, "the default to move")
    subject = unique("by the default")
    juliet.client.send(juliet.gateway, f"To: bob@elsewhere.test\nSubject: {subject}\n\nHello")
    assert juliet.site.recorder.await_subject(subject).sender == f"two-{juliet.address}"


def test_starttls_is_as_good_as_tls_from_the_first_byte(juliet):
    juliet.register_imap("work", port=juliet.site.mailboxes.imap_port, ssl=0)
    juliet.register_smtp("out", server=juliet.site.postfix, tls=1, ssl=0,
                         port=juliet.site.postfix.submission_port)


@pytest.mark.parametrize("field, value", [("port", "many"), ("port", "70000"), ("host", ""),
                                          ("name", "a@b"), ("interval", "soon")])
def test_a_wrong_field_is_named_and_nothing_is_created(juliet, field, value):
    with pytest.raises(Refused) as refused:
        juliet.register_imap(await_watching=False, **{field: value})
    assert refused.value.condition == "not-acceptable"
    assert field in refused.value.text
    assert juliet.account_names() == []


def test_the_form_of_an_account_shows_its_settings_but_never_the_password(juliet):
    juliet.register_imap("work", interval=7)
    form = juliet.client.form(f"{juliet.contact('work')}/IMAP")
    assert form["interval"] == "7"
    assert form["login"] == juliet.address
    assert form["password"] == ""


def test_a_change_of_one_setting_leaves_the_others(juliet):
    entry = f"{juliet.register_imap('work', interval=7, away_action=0)}/IMAP"
    before = juliet.client.form(entry)
    juliet.client.submit(entry, interval=9)
    assert juliet.client.form(entry) == {**before, "interval": "9"}
    juliet.client.await_message("Updated account 'work'", sender=juliet.gateway)


def test_the_name_of_an_account_can_not_be_changed(juliet):
    entry = f"{juliet.register_imap('work')}/IMAP"
    assert juliet.client.full_form(entry).types["name"] in ("hidden", "fixed")
    with pytest.raises(Refused) as refused:
        juliet.client.submit(entry, name="play", interval=9)
    assert refused.value.text == ("Error with 'name' field (Name for the account, which becomes a "
                                  "contact): can't be changed")
    assert juliet.account_names() == ["work"]
    assert juliet.client.form(entry)["interval"] == "5"


def test_settings_changed_in_the_form_take_effect_at_once(juliet):
    juliet.register_imap("work", await_watching=False, password="wrong")
    juliet.client.await_presence(juliet.contact("work"), "dnd", seconds=10)
    juliet.client.register(f"{juliet.contact('work')}/IMAP", password=juliet.person.mail_password)
    juliet.client.await_presence(juliet.contact("work"), seconds=10)


def test_removing_an_account_removes_its_contact_alone(juliet):
    work, out = juliet.register_imap("work"), juliet.register_smtp("out")
    with pytest.raises(Refused) as question:
        juliet.client.ask_removal(f"{work}/IMAP")
    assert "work" in question.value.text
    assert juliet.account_id("work")
    juliet.client.confirm_removal(f"{work}/IMAP")
    juliet.client.await_presence(work, "unavailable")
    assert juliet.account_names() == ["out"]
    assert juliet.client.roster().get(out) == "both"
    assert juliet.client.roster().get(work) in (None, "none")


def test_removing_a_type_removes_its_accounts_alone(juliet):
    for name in ("work", "home"):
        juliet.register_imap(name)
    juliet.register_smtp("out")
    with pytest.raises(Refused) as question:
        juliet.client.ask_removal(f"{juliet.gateway}/IMAP")
    assert "these 2 accounts" in question.value.text and "out" not in (
        question.value.text.partition(": ")[2])
    juliet.client.confirm_removal(f"{juliet.gateway}/IMAP")
    for name in ("work", "home"):
        juliet.client.await_presence(juliet.contact(name), "unavailable")
    assert juliet.account_names() == ["out"]


def test_what_was_not_in_the_question_is_not_removed(juliet):
    juliet.register_imap("work")
    juliet.register_smtp("out")
    with pytest.raises(Refused):
        juliet.client.ask_removal(juliet.gateway)
    juliet.register_imap("home")
    with pytest.raises(Refused) as question:
        juliet.client.confirm_removal(juliet.gateway)
    assert "home" in question.value.text and "3 accounts" in question.value.text
    # Nor is the one question the answer to another.
    with pytest.raises(Refused) as question:
        juliet.client.confirm_removal(f"{juliet.contact('home')}/IMAP")
    assert "To remove the account home" in question.value.text
    assert juliet.account_names() == ["home", "out", "work"]


def test_removing_the_registration_removes_everything(juliet):
    juliet.register_imap("work"), juliet.register_smtp("out")
    with pytest.raises(Refused) as question:
        juliet.client.ask_removal(juliet.gateway)
    assert "work" in question.value.text and "out" in question.value.text
    assert juliet.account_id("work") and juliet.account_id("out")
    juliet.client.confirm_removal(juliet.gateway)
    juliet.client.await_presence(juliet.gateway, "unavailable")
    users = juliet.postern.ctl_json("users", "list").get("users", [])
    assert juliet.jid not in [user["jid"] for user in users]


WRONG = {
    "a password": (dict(password="not-the-password"), "password"),
    "a host": (dict(host="imap.does-not-exist.invalid", port=993), "imap.does-not-exist.invalid"),
    "a port where nobody listens": (dict(), "refuses the connection"),
    "a mailbox": (dict(mailbox="No Such Folder"), "No Such Folder"),
    "a server with a bad certificate": (dict(), "certificate"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_work_is_said_before_it_is_stored_and_stored_only_if_wished(juliet, what):
    fields, word = WRONG[what]
    if "certificate" in what:
        fields = dict(port=juliet.site.rogue.port)
    elif "nobody" in what:
        fields = dict(port=juliet.site.closed_port)
    with pytest.raises(Refused) as refused:
        juliet.register_imap("work", await_watching=False, store_untested=0, **fields)
    assert refused.value.condition == "not-acceptable"
    assert word in refused.value.text
    assert juliet.person.mail_password not in refused.value.text
    assert juliet.account_names() == []
    juliet.register_imap("work", await_watching=False, store_untested=1, **fields)
    assert juliet.account_id("work")


def test_a_way_to_send_is_tried_before_it_is_stored(juliet):
    with pytest.raises(Refused) as refused:
        juliet.register_smtp("out", await_ready=False, store_untested=0, password="wrong")
    assert "password" in refused.value.text
    juliet.register_smtp("out")


def test_a_prompt_turns_a_mail_address_into_a_contact(juliet):
    assert juliet.client.gateway_prompt(juliet.gateway, "ann@elsewhere.test") == (
        f"ann\\40elsewhere.test@{juliet.gateway}")
