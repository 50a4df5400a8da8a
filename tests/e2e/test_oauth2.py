"""Consent in place of a password, with a real OAuth2 provider and a Dovecot that asks it."""

import re
import time
import urllib.parse

import pytest

from browser import PUBLIC, Browser
from client import Refused
from mails import mail, unique
from postern import FORMS
from servers.daemon import free_port, wait_until
from servers.oauth2 import OAuth2Provider, dovecot_with
from servers.postfix import Postfix
from servers.site import Site

HOST = "127.0.0.1"  # whose users the provider has; others are at "localhost"


@pytest.fixture(scope="session")
def site(request):
    site = Site(request.param[0])  # the mailboxes are those below
    provider = OAuth2Provider(site.folder / "oauth2", site.authority)
    site.oauth2 = provider
    site.mailboxes = dovecot_with(site.authority, provider, site.folder / "dovecot-oauth2")
    # Its users sign in as those of the mailboxes do.
    site.submission = Postfix(site.folder / "postfix-oauth2", site.authority, site.mailboxes)
    site.consent_port = free_port()
    try:
        provider.start()
        site.submission.start()
        yield site.start()
    finally:
        site.stop()
        site.submission.stop()
        site.mailboxes.stop()
        provider.stop()


@pytest.fixture(scope="session")
def postern(request, site):
    class WithOAuth2(FORMS[request.param]):
        def _site_options(self):
            trust = ["--tls-ca-file", site.authority.ca] if self.form == "services" else []
            return [*super()._site_options(), *trust,
                    "--oauth2-file", site.oauth2.file(HOST, site.rogue.port), "--oauth2-public-url", PUBLIC,
                    "--oauth2-listen", f"127.0.0.1:{site.consent_port}"]

        def _dial_options(self):
            ports = [*site.mail_ports, site.submission.smtps_port]
            self.allow_hosts += "".join(f",{HOST}:{port}" for port in ports)
            return super()._dial_options()

    postern = WithOAuth2(site.folder / f"oauth2-{request.param}", site)
    try:
        yield postern.start()
    finally:
        postern.remove()


@pytest.fixture(autouse=True)
def healthy_provider(site):
    yield
    site.oauth2.set(lifetime=3600, down=0)
    print(site.mailboxes.daemon.tail(12))  # of a story that failed


@pytest.fixture
def browser(site):
    return Browser(site)


def register(member, name="work", **fields):
    """Without a password; answers the link that comes by message."""
    contact = member.register_imap(name, await_watching=False,
                                   **{"host": HOST, "password": "", "store_untested": 0, **fields})
    return link_in(member.client.await_message("waits for your consent", sender=contact,
                                               seconds=15))


def link_in(chat):
    return re.search(r"https://gateway\.test\S+", chat.body)[0]


def consents(member, browser, **fields):
    page = browser.consent(register(member, **fields), member.address)
    assert page.status == 200 and "Thank you" in page.text, page.text
    member.client.await_message("works with your consent", seconds=15)


def lose_connection(member):
    """The mail server restarts: whoever was logged in has to do so again."""
    member.site.mailboxes.stop()
    member.site.mailboxes.start()


def notices(member):
    return [body for body in member.client.bodies() if "waits for your consent" in body]


def test_who_gives_no_password_gives_consent_and_mail_arrives(juliet, browser):
    link = register(juliet)
    assert juliet.health("work") == "ASKING"
    juliet.client.await_presence(juliet.contact("work"), "xa", containing="your consent")
    page = browser.visit(link)
    assert juliet.jid in page.text and juliet.address in page.text and "Story Mail" in page.text
    assert "Thank you" in browser.consent(link, juliet.address).text
    juliet.client.await_message("Account 'work' works with your consent", seconds=15)
    juliet.client.await_presence(juliet.contact("work"), containing="watching", seconds=10)
    subject = unique("by consent")
    juliet.receive(mail(subject))
    juliet.client.await_message(subject, sender=juliet.contact("work"), seconds=10)
    assert len(notices(juliet)) == 1


def test_by_pop3_too(juliet, browser):
    contact = juliet.register_pop3("post", await_watching=False, host=HOST, password="",
                                   store_untested=0)
    link = link_in(juliet.client.await_message("waits for your consent", sender=contact,
                                               seconds=15))
    browser.consent(link, juliet.address)
    juliet.client.await_message("works with your consent", seconds=15)


@pytest.fixture
def sender(juliet):
    """Juliet, who is to give consent to an account that sends; its link."""
    contact = juliet.register_smtp("out", server=juliet.site.submission, await_ready=False, host=HOST,
                                   password="", store_untested=0)
    juliet.link = link_in(juliet.client.await_message("waits for your consent", sender=contact,
                                                      seconds=15))
    return juliet


def write(member, subject):
    return member.client.send(member.gateway,
                              f"To: {member.address}\nSubject: {subject}\n\nHello")


def in_mailbox(member, subject):
    return [one for one in member.site.mailboxes.mails(member.address) if subject.encode() in one]


def arrived(member, subject):
    """In the mailbox, where the server that took it brings it a moment later."""
    return wait_until(lambda: in_mailbox(member, subject), 10, f"the mail {subject!r}")


def lose_session(member):
    """What is kept for the next mail is gone: whoever sends has to sign in."""
    member.site.submission.stop()
    member.site.submission.start()


def test_mail_waits_for_consent_and_is_sent_with_it(sender, browser):
    subject = unique("by consent")
    id = write(sender, subject)
    wait_until(lambda: [m for m in sender.queued() if not m.get("attempts")], 10, "a mail that waits")
    # No, says its author at the provider.
    refused = browser.decide(browser.go_on(sender.link), "")
    assert browser.visit(refused.location).status == 400
    time.sleep(1)
    assert len(sender.queued()) == 1 and sender.health("out") == "ASKING"
    assert "Thank you" in browser.consent(sender.link, sender.address).text
    sender.client.await_receipt(id, seconds=20)
    assert len(arrived(sender, subject)) == 1


def test_a_token_for_sending_is_refreshed_in_silence_and_asked_for_when_it_is_revoked(sender, browser):
    sender.site.oauth2.set(lifetime=3)
    browser.consent(sender.link, sender.address)
    sender.client.await_message("works with your consent", seconds=15)
    sender.client.await_receipt(write(sender, unique("first")))
    sender.client.forget()
    time.sleep(3.5)
    lose_session(sender)
    before = sender.site.oauth2.refreshes()
    sender.client.await_receipt(write(sender, unique("refreshed")), seconds=20)
    assert sender.site.oauth2.refreshes() > before and not notices(sender)

    sender.site.oauth2.revoke(sender.address)
    time.sleep(3.5)
    lose_session(sender)
    subject = unique("revoked")
    id = write(sender, subject)
    notice = sender.client.await_message("waits for your consent", seconds=20)
    late = sender.client.await_message("Not yet sent to", seconds=10)
    assert "sign in at its provider again" in late.body
    assert "Thank you" in browser.consent(link_in(notice), sender.address).text
    sender.client.await_receipt(id, seconds=20)
    assert len(notices(sender)) == 1 and len(arrived(sender, subject)) == 1


def test_the_form_says_that_the_password_may_be_left_empty(juliet):
    form = juliet.client.full_form(f"{juliet.gateway}/IMAP")
    assert "With Story Mail, rogue, leave the password empty" in form.instructions
    with pytest.raises(Refused) as refused:
        juliet.register_imap("other", await_watching=False, password="")
    assert "password" in refused.value.text


def test_with_a_password_it_is_an_account_like_any_other(juliet):
    juliet.register_imap("work", host=HOST)
    assert not notices(juliet)


def test_a_token_that_expires_is_refreshed_in_silence(juliet, browser):
    juliet.site.oauth2.set(lifetime=4)
    consents(juliet, browser)
    juliet.client.forget()
    for _ in range(2):
        time.sleep(4.5)
        before = juliet.site.oauth2.refreshes()
        lose_connection(juliet)
        subject = unique("after it expired")
        juliet.receive(mail(subject))
        juliet.client.await_message(subject, seconds=40)
        assert juliet.site.oauth2.refreshes() > before
    assert not notices(juliet)


def test_consent_that_is_taken_back_is_asked_for_exactly_once(juliet, browser):
    juliet.site.oauth2.set(lifetime=4)
    consents(juliet, browser)
    juliet.client.forget()
    juliet.site.oauth2.revoke(juliet.address)
    time.sleep(4.5)
    lose_connection(juliet)
    notice = juliet.client.await_message("waits for your consent", seconds=40)
    assert juliet.health("work") == "ASKING"
    asked = juliet.site.oauth2.refreshes()
    time.sleep(10)
    lose_connection(juliet)
    time.sleep(10)
    assert len(notices(juliet)) == 1
    assert juliet.site.oauth2.refreshes() == asked
    # And consent is given again.
    assert "Thank you" in browser.consent(link_in(notice), juliet.address).text
    juliet.client.await_message("works with your consent", seconds=15)


def test_while_the_token_endpoint_is_down_nobody_is_asked_and_it_recovers(juliet, browser):
    juliet.site.oauth2.set(lifetime=4)
    consents(juliet, browser)
    juliet.client.forget()
    juliet.site.oauth2.set(down=1)
    time.sleep(4.5)
    before = juliet.site.oauth2.refreshes()
    lose_connection(juliet)
    subject = unique("while it is down")
    juliet.receive(mail(subject))
    time.sleep(8)
    assert juliet.site.oauth2.refreshes() - before < 8, "no storm"
    juliet.site.oauth2.set(down=0, lifetime=3600)
    juliet.client.await_message(subject, seconds=90)
    assert not notices(juliet)


def test_a_code_typed_elsewhere_does_as_well(juliet):
    link = register(juliet)
    notice = juliet.client.await_message("type the code", sender=juliet.contact("work"))
    code = re.search(r"type the code (\S+) there", notice.body)[1]
    assert f"{juliet.site.oauth2.url}/activate" in notice.body
    juliet.site.oauth2.type_code(code, juliet.address)
    juliet.client.await_message("works with your consent", seconds=30)
    subject = unique("by code")
    juliet.receive(mail(subject))
    juliet.client.await_message(subject, seconds=10)
    assert Browser(juliet.site).visit(link).status == 404, "the link is over"


def test_the_link_comes_again_when_it_is_asked_for(juliet):
    link = register(juliet)
    juliet.client.forget()
    juliet.client.send(juliet.gateway, "consent")
    assert link_in(juliet.client.await_message("waits for your consent", seconds=10)) == link
    step = juliet.client.command(juliet.contact("work"), "jcl#get-last-error")
    assert link in step.form.values.values()


def test_consent_outlives_a_restart_of_the_gateway(juliet, browser, postern):
    link = register(juliet)
    url = browser.go_on(link)
    part = "admin" if postern.form == "services" else "postern"
    postern.kill(part)
    postern.revive(part)
    postern.await_ready()
    back = browser.decide(url, juliet.address)
    assert browser.visit(back.location).status == 200
    wait_until(lambda: juliet.health("work") == "OK", 20, "the account to work")


def test_strangers_and_hostile_callbacks_come_to_nothing(juliet, site, browser):
    link = register(juliet)
    callback = f"{PUBLIC}/oauth2/callback"
    wrong = "0" * 40
    # Nobody was sent with this state.
    assert browser.visit(f"{callback}?state={wrong}&code=x").status == 404
    # Another's browser: the victim's code would open the victim's mailbox to Juliet.
    back = browser.decide(browser.go_on(link), "victim@mail.test")
    assert Browser(site).visit(back.location).status == 403
    assert browser.visit(back.location).status == 404
    # No, with HTML in it.
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(browser.go_on(link)).query)["state"][0]
    denied = browser.visit(f"{callback}?state={state}&error=access_denied&error_description="
                           + urllib.parse.quote("<script>alert(1)</script>"))
    assert denied.status == 400 and "&lt;script&gt;" in denied.text
    assert "<script" not in denied.text
    # No, as the provider says it.
    refused = browser.decide(browser.go_on(link), "")
    assert browser.visit(refused.location).status == 400
    assert juliet.health("work") == "ASKING"
    # A code comes twice.
    back = browser.decide(browser.go_on(link), juliet.address)
    assert browser.visit(back.location).status == 200
    assert browser.visit(back.location).status == 404
    juliet.client.await_message("works with your consent", seconds=15)


def test_another_mailbox_than_the_accounts_is_none_of_use(juliet, browser):
    link = register(juliet)
    browser.consent(link, "somebody-else@mail.test")
    time.sleep(3)
    assert juliet.health("work") != "OK"
    assert "works with your consent" not in "".join(juliet.client.bodies())


def test_a_provider_with_a_forged_certificate_is_not_spoken_to(juliet, browser):
    link = register(juliet, host="imap.rogue.test")
    back = browser.decide(browser.go_on(link), juliet.address)
    page = browser.visit(back.location)
    assert page.status == 503 and "Not now" in page.text
    assert juliet.health("work") == "ASKING"


def test_nothing_secret_is_logged(juliet, browser, postern):
    link = register(juliet)
    back = browser.decide(browser.go_on(link), juliet.address)
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(back.location).query)["code"][0]
    browser.visit(back.location)
    juliet.client.await_message("works with your consent", seconds=15)
    for name, text in postern.logs().items():
        assert code not in text, name
        assert link.rpartition("/")[2] not in text, name
        assert "client secret" not in text, name
