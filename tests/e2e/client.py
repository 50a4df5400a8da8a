"""A Jabber user's client on slixmpp, which knows nothing of Postern's code.

The client lives on a thread of its own; every method here may be called from the story's thread
and returns when the thing is done.
"""

import asyncio
import logging
import threading
import time
import uuid
import warnings
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha1
from xml.etree import ElementTree

# Before the import, which already has something to say.
logging.getLogger("slixmpp").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", category=DeprecationWarning)

import slixmpp  # noqa: E402
from slixmpp.exceptions import IqError, IqTimeout  # noqa: E402

REGISTER = "jabber:iq:register"
DATA = "jabber:x:data"
GATEWAY = "jabber:iq:gateway"
DISCO_INFO = "http://jabber.org/protocol/disco#info"
DISCO_ITEMS = "http://jabber.org/protocol/disco#items"
RECEIPTS = "urn:xmpp:receipts"
STABLE_ID = "urn:xmpp:sid:0"
# What the first of two requests to remove something is answered with.
REMOVAL_QUESTION = "not-acceptable"
REPLY = "urn:xmpp:reply:0"
OOB = "jabber:x:oob"
COMMANDS = "http://jabber.org/protocol/commands"
RSM = "http://jabber.org/protocol/rsm"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas"


class Refused(Exception):
    """The other side answered an IQ with an error."""

    def __init__(self, condition, text):
        super().__init__(f"{condition}: {text}" if text else condition)
        self.condition = condition
        self.text = text


@dataclass
class Chat:
    """One message that came, as a person sees it, and when."""
    sender: str      # bare JID
    id: str
    type: str
    subject: str
    body: str
    thread: str
    condition: str   # of an error: "item-not-found"
    error_text: str
    receipt_for: str
    at: float
    xml: ElementTree.Element = field(repr=False)


@dataclass
class Presence:
    sender: str
    type: str        # "available", "away", "xa", "dnd", "chat", "unavailable", "subscribe", ...
    status: str
    caps: ElementTree.Element = field(default=None, repr=False)  # XEP-0115


@dataclass
class Form:
    """A data form (XEP-0004) as a client reads it."""
    title: str
    instructions: str
    values: dict     # field -> its value; a list for fields that take several
    labels: dict
    options: dict    # field -> [(label, value)]
    types: dict


@dataclass
class Step:
    """One answer of an ad-hoc command (XEP-0050)."""
    status: str      # "executing", "completed" or "canceled"
    session: str
    form: Form
    notes: list      # their texts
    actions: list


class Client:
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

    def roster(self):
        """Bare JID -> subscription, as the server has it."""
        query = self._iq("get", None, ElementTree.Element("{jabber:iq:roster}query"))
        return {item.get("jid"): item.get("subscription") for item in query}

    def roster_becomes(self, wanted, seconds=5):
        """True as soon as these contacts have these subscriptions."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            roster = self.roster()
            if all(roster.get(jid) == subscription for jid, subscription in wanted.items()):
                return True
            time.sleep(0.05)
        return False

    # --- asking -----------------------------------------------------------------------------

    def info(self, jid, node=None):
        """Service discovery: identities as "category/type", and features."""
        query = self._discover(DISCO_INFO, jid, node)
        identities = [f"{item.get('category')}/{item.get('type')}"
                      for item in query.findall(f"{{{DISCO_INFO}}}identity")]
        features = [item.get("var") for item in query.findall(f"{{{DISCO_INFO}}}feature")]
        return identities, features

    def items(self, jid, node=None):
        """Service discovery: what is below, as (jid, node, name)."""
        query = self._discover(DISCO_ITEMS, jid, node)
        return _items(query)

    def items_page(self, jid, node=None, max=10, after=None):
        """A page of what is below (XEP-0059): the items, the last one's id, how many there are."""
        query = ElementTree.Element(f"{{{DISCO_ITEMS}}}query", {"node": node} if node else {})
        page = ElementTree.SubElement(query, f"{{{RSM}}}set")
        ElementTree.SubElement(page, f"{{{RSM}}}max").text = str(max)
        if after:
            ElementTree.SubElement(page, f"{{{RSM}}}after").text = after
        answer = self._iq("get", jid, query, 30)
        told = answer.find(f"{{{RSM}}}set")
        return (_items(answer), told.findtext(f"{{{RSM}}}last"),
                int(told.findtext(f"{{{RSM}}}count")))

    def form(self, jid):
        """The registration form at a JID: field name -> value."""
        return self.full_form(jid).values

    def full_form(self, jid, node=None):
        attributes = {"node": node} if node else {}
        query = self._iq("get", jid, ElementTree.Element(f"{{{REGISTER}}}query", attributes))
        return _form(query.find(f"{{{DATA}}}x"))

    def register(self, jid, **fields):
        """Fills in the form at a JID; fields that are not named keep what the form offers."""
        offered = self.form(jid)
        unknown = set(fields) - set(offered)
        if unknown:
            raise KeyError(f"the form at {jid} has no field {', '.join(sorted(unknown))}")
        self.submit(jid, **{**offered, **fields})

    def submit(self, jid, **fields):
        """Sends these fields of the form at a JID and no others."""
        query = ElementTree.Element(f"{{{REGISTER}}}query")
        query.append(_filled(fields))
        # The gateway tries the account before it answers.
        self._iq("set", jid, query, 40)

    def ask_removal(self, jid):
        """One <remove/>. The gateway refuses the first, and says what a second one removes."""
        query = ElementTree.Element(f"{{{REGISTER}}}query")
        ElementTree.SubElement(query, f"{{{REGISTER}}}remove")
        self._iq("set", jid, query)

    def unregister(self, jid):
        """Removes an account, or all of them at the gateway, and says so twice."""
        try:
            self.ask_removal(jid)
        except Refused as question:
            if question.condition != REMOVAL_QUESTION:
                raise  # not a question at all
            self.confirm_removal(jid)

    def confirm_removal(self, jid):
        """The second <remove/>. Nobody reads a question in less than a second; the gateway takes that
        for a double click."""
        time.sleep(1.1)
        self.ask_removal(jid)

    def command(self, jid, node, action=None, session=None, **fields):
        """One step of an ad-hoc command; `fields` fill in its form."""
        return self.command_often(1, jid, node, action, session, **fields)[0]

    def command_often(self, times, jid, node, action=None, session=None, **fields):
        """The same step so many times, without waiting for an answer in between: as of a button
        that is clicked twice."""
        attributes = {"node": node}
        if action:
            attributes["action"] = action
        if session:
            attributes["sessionid"] = session
        command = ElementTree.Element(f"{{{COMMANDS}}}command", attributes)
        if fields:
            command.append(_filled(fields))

        async def click():
            return await asyncio.gather(*[self._ask("set", jid, command, 40)
                                          for _ in range(times)])
        return [_step(answer) for answer in self._call(click())]

    def gateway_prompt(self, jid, address):
        """jabber:iq:gateway: the JID that stands for a mail address."""
        query = ElementTree.Element(f"{{{GATEWAY}}}query")
        ElementTree.SubElement(query, f"{{{GATEWAY}}}prompt").text = address
        return self._iq("set", jid, query).findtext(f"{{{GATEWAY}}}jid")

    def raw(self, xml):
        """Sends a stanza as it stands."""
        self._do(lambda: self._xmpp.send_raw(xml))

    def query(self, jid, payload):
        """An iq get with an empty payload; the tags and texts of the answer."""
        answer = self._iq("get", jid, ElementTree.Element(payload))
        return [(element.tag, element.text) for element in answer.iter()]

    def ping(self, jid, seconds=5):
        self._iq("get", jid, ElementTree.Element("{urn:xmpp:ping}ping"), seconds)

    # --- saying and hearing -----------------------------------------------------------------

    def send(self, to, body, subject=None, thread=None, reply_to=None, id=None):
        """Sends a chat message and asks for a receipt; the answer is its id. `reply_to` is a Chat
        that this one answers (XEP-0461)."""
        id = id or uuid.uuid4().hex
        self._do(lambda: self._message(to, body, subject, thread, reply_to, id).send())
        return id

    def send_upload(self, to, url, body=None, description=None):
        """What a client sends when a file was uploaded (XEP-0066); the answer is the message's id."""
        id = uuid.uuid4().hex

        def send():
            message = self._message(to, body or url, None, None, None, id)
            oob = ElementTree.SubElement(message.xml, f"{{{OOB}}}x")
            ElementTree.SubElement(oob, f"{{{OOB}}}url").text = url
            if description:
                ElementTree.SubElement(oob, f"{{{OOB}}}desc").text = description
            message.send()
        self._do(send)
        return id

    def form_in(self, chat):
        """The form that came with a message; None when there is none."""
        form = chat.xml.find(f"{{{DATA}}}x")
        return None if form is None else _form(form)

    def send_form(self, to, **fields):
        """Sends a form that came in a message back, filled in; the answer is the message's id."""
        id = uuid.uuid4().hex

        def send():
            message = self._xmpp.make_message(mto=to, mtype="chat")
            message["id"] = id
            message.append(_filled(fields))
            message.send()
        self._do(send)
        return id

    @property
    def messages(self):
        with self._changed:
            return list(self._messages)

    def forget(self):
        """From here on only what comes next counts."""
        with self._changed:
            self._messages.clear()
            self._presences.clear()

    def await_message(self, containing="", sender=None, seconds=5, **like):
        """The first message (not a receipt) with that text whose named fields are as given."""
        def fits(chat):
            return ((chat.body or chat.error_text) and containing in chat.body + chat.error_text
                    and (sender is None or chat.sender == sender)
                    and all(getattr(chat, name) == value for name, value in like.items()))
        return self._await(self._messages, fits, seconds, f"a message with {containing!r}")

    def await_receipt(self, id, seconds=10):
        return self._await(self._messages, lambda chat: chat.receipt_for == id, seconds,
                           f"a receipt for {id}")

    def await_error(self, id, seconds=10):
        """The error on the message that we sent with that id."""
        return self._await(self._messages, lambda chat: chat.type == "error" and chat.id == id,
                           seconds, f"an error on {id}")

    def await_presence(self, sender, type="available", containing="", seconds=5):
        return self._await(self._presences, lambda presence: presence.sender == sender
                           and presence.type == type and containing in presence.status,
                           seconds, f"{type} presence of {sender} with {containing!r}")

    def sees(self, sender):
        """True when a presence of that contact, other than a refusal, has come."""
        with self._changed:
            return any(presence.sender == sender and presence.type not in
                       ("unsubscribed", "unsubscribe", "error") for presence in self._presences)

    def caps_of(self, sender):
        """The <c/> (XEP-0115) of a contact's newest presence."""
        with self._changed:
            return next(presence.caps for presence in reversed(self._presences)
                        if presence.sender == sender and presence.caps is not None)

    def caps_hash(self, jid):
        """XEP-0115 section 5.1, from what discovery answers."""
        query = self._discover(DISCO_INFO, jid, None)
        identities = sorted(
            "/".join([item.get("category"), item.get("type"), item.get(LANG, ""),
                      item.get("name", "")])
            for item in query.findall(f"{{{DISCO_INFO}}}identity"))
        features = sorted(item.get("var") for item in query.findall(f"{{{DISCO_INFO}}}feature"))
        text = "".join(f"{part}<" for part in identities + features)
        for form in query.findall(f"{{{DATA}}}x"):
            fields = {field.get("var"): sorted(value.text or "" for value in
                                               field.findall(f"{{{DATA}}}value"))
                      for field in form.findall(f"{{{DATA}}}field")}
            text += "".join(f"{value}<" for value in fields.pop("FORM_TYPE"))
            for name in sorted(fields):
                text += "".join(f"{part}<" for part in [name, *fields[name]])
        return b64encode(sha1(text.encode()).digest()).decode()

    def bodies(self):
        return [chat.body for chat in self.messages if chat.body and chat.type != "error"]

    def hears_nothing(self, containing, seconds):
        """True when no such message comes in that time."""
        try:
            self.await_message(containing, seconds=seconds)
        except TimeoutError:
            return True
        return False

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

    def _message(self, to, body, subject, thread, reply_to, id):
        message = self._xmpp.make_message(mto=to, mbody=body, msubject=subject, mtype="chat")
        self._speak(message)
        message["id"] = id
        if thread:
            message["thread"] = thread
        message.append(ElementTree.Element(f"{{{RECEIPTS}}}request"))
        message.append(ElementTree.Element(f"{{{STABLE_ID}}}origin-id", {"id": id}))
        if reply_to:
            message.append(ElementTree.Element(f"{{{REPLY}}}reply",
                                               {"to": reply_to.sender, "id": reply_to.id}))
        return message

    def _speak(self, stanza):
        if self._lang:
            stanza.xml.set(LANG, self._lang)

    def _discover(self, namespace, jid, node):
        attributes = {"node": node} if node else {}
        return self._iq("get", jid, ElementTree.Element(f"{{{namespace}}}query", attributes))

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


def _items(query):
    return [(item.get("jid"), item.get("node"), item.get("name"))
            for item in query.findall(f"{{{DISCO_ITEMS}}}item")]


def _step(command):
    form = command.find(f"{{{DATA}}}x")
    return Step(command.get("status"), command.get("sessionid"),
                None if form is None else _form(form),
                [note.text for note in command.findall(f"{{{COMMANDS}}}note")],
                [child.tag.partition("}")[2]
                 for child in command.find(f"{{{COMMANDS}}}actions") or ()])


def _form(form):
    read = Form(form.findtext(f"{{{DATA}}}title", ""), form.findtext(f"{{{DATA}}}instructions", ""),
                {}, {}, {}, {})
    for field in form.findall(f"{{{DATA}}}field"):
        name = field.get("var")
        if not name:
            continue
        values = [value.text or "" for value in field.findall(f"{{{DATA}}}value")]
        read.types[name] = field.get("type", "text-single")
        several = read.types[name] in ("list-multi", "text-multi", "jid-multi")
        read.values[name] = values if several else "".join(values[:1])
        read.labels[name] = field.get("label", "")
        read.options[name] = [(option.get("label"), option.findtext(f"{{{DATA}}}value"))
                              for option in field.findall(f"{{{DATA}}}option")]
    return read


def _filled(fields):
    form = ElementTree.Element(f"{{{DATA}}}x", {"type": "submit"})
    for name, value in fields.items():
        entry = ElementTree.SubElement(form, f"{{{DATA}}}field", {"var": name})
        for one in value if isinstance(value, (list, tuple)) else [value]:
            ElementTree.SubElement(entry, f"{{{DATA}}}value").text = str(one)
    return form
