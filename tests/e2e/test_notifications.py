"""Rules tell of a mail: by an instant message, by mail, or a web server."""

import json

from mails import unique
from servers.daemon import wait_until
from test_rules_effects import ARRIVES, await_in, mails_in, receive, script, writer  # noqa: F401


def urgency(chat):
    """XEP-0131's header."""
    header = chat.xml.find("{http://jabber.org/protocol/shim}headers/"
                           "{http://jabber.org/protocol/shim}header")
    return header.get("name"), header.text


def test_notifications_come_from_the_gateway_as_their_uri_says(writer):
    text, body = unique("ring"), unique("normal")
    script(writer, 'require ["enotify", "fcc", "fileinto"];\n'
                   f'notify :fcc "Copies" :importance "1" :message "{text}" '
                   f'"xmpp:{writer.jid}?message;subject=Look%20here";\n'
                   f'notify :importance "3" '
                   f'"xmpp:{writer.jid}?message;type=normal;body={body.replace(" ", "%20")}";\n'
                   f'notify "xmpp:{writer.jid}";\nfileinto "Lists";')
    subject = unique("quiet")
    receive(writer, subject)
    headline, normal, plain = (writer.client.await_message(said, sender=writer.gateway,
                                                           seconds=ARRIVES)
                               for said in (text, body, subject))
    assert (headline.type, headline.subject, headline.body) == ("headline", "Look here", text)
    assert urgency(headline) == ("Urgency", "high")
    assert (normal.type, normal.body) == ("normal", body) and urgency(normal)[1] == "low"
    # Who doesn't say what is told gets who wrote, and of what.
    assert (plain.type, urgency(plain)[1]) == ("headline", "medium")
    assert plain.body == f"Ann Example <ann@elsewhere.test>: {subject}"
    await_in(writer, "Lists", subject)
    assert not mails_in(writer, "Copies")  # what is no mail can't be filed
    assert sum(subject in said for said in writer.client.bodies()) == 1


def test_a_notification_by_mail_is_filed(writer):
    text = unique("look at this")
    script(writer, f'require ["enotify", "fcc"];\n'
                   f'notify :fcc "Copies" :message "{text}" "mailto:pager@elsewhere.test";')
    receive(writer, unique("told"))
    sent = writer.site.recorder.await_subject(text)
    assert sent.recipients == ["pager@elsewhere.test"]
    assert sent.mail["Auto-Submitted"].startswith("auto-notified")
    flags, = await_in(writer, "Copies", text)
    assert "\\Seen" in flags


def test_a_web_server_is_told_and_once_more_when_it_fails(writer):
    text, subject = unique("hook"), unique("told")
    again, gone = "/again?token=secret", "/gone"
    files = writer.site.files
    script(writer, 'require "enotify";\n'
                   f'notify :message "{text}" "{files.put(again, failures=1)}";\n'
                   f'notify "{files.put(gone, status=404)}";')

    def counts():
        return [writer.postern.metric(f'postern_fetcher_webhooks_total{{result="{result}"}}')
                for result in ("told", "failed")]

    def posted(path):
        told = [json.loads(body) for asked, body in files.posted if asked == path]
        return [one for one in told if one["subject"] == subject]
    before = counts()
    receive(writer, subject)
    writer.client.await_message(subject)  # no mail waits for a web server
    wait_until(lambda: counts() == [count + 1 for count in before], 60, "both to be settled",
               pause=0.2)
    first, second = posted(again)
    assert first["message"] == text and first["id"]
    assert second == first  # who got it twice knows by its id
    assert len(posted(gone)) == 1  # "not found" won't change
