"""A client's connection on slixmpp: it logs in, sends, and keeps what comes. It lives on a thread of its
own; every method here may be called from the story's thread and returns when the thing is done."""

import asyncio
import logging
import threading
import time
import warnings

# Before the import, which already has something to say.
logging.getLogger("slixmpp").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", category=DeprecationWarning)

import slixmpp  # noqa: E402
from slixmpp.exceptions import IqError, IqTimeout  # noqa: E402

from stanzas import ERRORS, LANG, RECEIPTS, Chat, Presence, Refused  # noqa: E402


class Connection:
    def __init__(self, person, server, resource="phone", lang=None):
        self.person = person
        self.jid = person.jid
        self._server = server
        self._resource = resource
        self._lang = lang  # xml:lang of all that we send
        self._changed = threading.Condition()
        self._messages = []
        self._presences = []
        self._ready = threading.Event()
        self._failure = None
        self._xmpp = None
        self._loop = None

    # --- being there ------------------------------------------------------------------------

    def connect(self, show=None):
        """Logs in and says that we are here."""
        self._ready.clear()
        self._failure = None
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._live, daemon=True).start()
        if not self._ready.wait(15):
            raise TimeoutError(f"{self.jid} could not log in")
        if self._failure:
            raise RuntimeError(self._failure)
        self.set_presence(show)
        return self

    def disconnect(self):
        """Logs out; the server tells everybody that we are gone."""
        if self._loop and self._loop.is_running():
            self._call(self._leave())
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._loop = None

    def set_presence(self, show=None, to=None):
        """`show`: None for online, "chat", "away", "xa" or "dnd"."""
        def send():
            presence = self._xmpp.make_presence(pshow=show, pto=to)
            self._speak(presence)
            presence.send()
        self._do(send)

    def go_offline(self):
        """Unavailable, but still connected: what a person sees as offline."""
        self._do(lambda: self._xmpp.send_presence(ptype="unavailable"))

    def leave_requests_open(self):
        """From now on contacts that ask are neither accepted nor declined."""
        self._do(lambda: setattr(self._xmpp, "auto_authorize", None))

    def answer_request(self, jid, accept):
        self._do(lambda: self._xmpp.send_presence(
            pto=jid, ptype="subscribed" if accept else "unsubscribed"))

    def remove_contact(self, jid):
        self._do(lambda: self._xmpp.del_roster_item(jid))

    @property
    def messages(self):
        with self._changed:
            return list(self._messages)

    def forget(self):
        """From here on only what comes next counts."""
        with self._changed:
            self._messages.clear()
            self._presences.clear()

    # --- inside -----------------------------------------------------------------------------

    def _live(self):
        asyncio.set_event_loop(self._loop)
        xmpp = slixmpp.ClientXMPP(f"{self.jid}/{self._resource}", self.person.jabber_password)
        self._xmpp = xmpp
        for plugin in ("xep_0030", "xep_0199"):
            xmpp.register_plugin(plugin)
        xmpp.ca_certs = str(self._server.authority_file)
        # Accepts contact requests and asks back, as the JMC guide tells people to do.
        xmpp.auto_authorize, xmpp.auto_subscribe = True, True
        xmpp.add_event_handler("session_start", self._on_start)
        xmpp.add_event_handler("failed_auth", lambda _: self._fail("wrong Jabber password"))
        xmpp.register_handler(slixmpp.xmlstream.handler.Callback(
            "story messages", slixmpp.xmlstream.matcher.StanzaPath("message"), self._on_message))
        xmpp.register_handler(slixmpp.xmlstream.handler.Callback(
            "story presences", slixmpp.xmlstream.matcher.StanzaPath("presence"), self._on_presence))
        xmpp.connect(("127.0.0.1", self._server.c2s_port))
        self._loop.run_forever()

    async def _on_start(self, _):
        await self._xmpp.get_roster()
        self._ready.set()

    def _fail(self, why):
        self._failure = why
        self._ready.set()

    async def _leave(self):
        gone = self._xmpp.disconnect(wait=1)
        if gone is not None:
            await asyncio.wait_for(gone, 5)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def _do(self, action):
        async def act():
            action()
        self._call(act())

    def _speak(self, stanza):
        if self._lang:
            stanza.xml.set(LANG, self._lang)

    def _iq(self, type, to, payload, seconds=10):
        return self._call(self._ask(type, to, payload, seconds))

    async def _ask(self, type, to, payload, seconds):
        iq = self._xmpp.make_iq(id=self._xmpp.new_id(), itype=type, ito=to)
        self._speak(iq)
        iq.append(payload)
        try:
            answer = await iq.send(timeout=seconds)
        except IqError as error:
            raise Refused(error.condition, error.text) from None
        except IqTimeout:
            raise TimeoutError(f"{to} did not answer within {seconds} s") from None
        children = list(answer.xml)
        return children[0] if children else answer.xml

    def _on_message(self, stanza):
        xml = stanza.xml
        received = xml.find(f"{{{RECEIPTS}}}received")
        error = xml.find("{jabber:client}error")
        condition = error_text = ""
        if error is not None:
            for child in error:
                if child.tag == f"{{{ERRORS}}}text":
                    error_text = child.text or ""
                elif child.tag.startswith(f"{{{ERRORS}}}"):
                    condition = child.tag.partition("}")[2]
        # The body of an error is our own text coming back, not something said to us.
        body = "" if error is not None else stanza["body"]
        with self._changed:
            self._messages.append(Chat(
                xml.get("from", "").partition("/")[0], stanza["id"], xml.get("type", "normal"),
                stanza["subject"], body, xml.findtext("{jabber:client}thread", ""), condition, error_text,
                received.get("id") if received is not None else "", time.monotonic(), xml))
            self._changed.notify_all()

    def _on_presence(self, stanza):
        with self._changed:
            self._presences.append(
                Presence(stanza["from"].bare, stanza["type"], stanza["status"],
                         stanza.xml.find("{http://jabber.org/protocol/caps}c")))
            self._changed.notify_all()

    def _await(self, log, fits, seconds, what):
        def look():
            return next((entry for entry in log if fits(entry)), None)
        deadline = time.monotonic() + seconds
        with self._changed:
            while not (found := look()):
                left = deadline - time.monotonic()
                if left <= 0:
                    heard = "\n  ".join(map(str, log[-8:])) or "nothing"
                    raise TimeoutError(f"{self.jid} waited {seconds:g} s for {what}; heard:\n"
                                       f"  {heard}")
                self._changed.wait(left)
            return found
