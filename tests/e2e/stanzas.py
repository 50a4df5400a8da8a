"""What stanzas say, as a person's client shows it."""

from dataclasses import dataclass, field
from xml.etree import ElementTree

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


def items_of(query):
    return [(item.get("jid"), item.get("node"), item.get("name"))
            for item in query.findall(f"{{{DISCO_ITEMS}}}item")]


def step_of(command):
    form = command.find(f"{{{DATA}}}x")
    return Step(command.get("status"), command.get("sessionid"),
                None if form is None else form_of(form),
                [note.text for note in command.findall(f"{{{COMMANDS}}}note")],
                [child.tag.partition("}")[2]
                 for child in command.find(f"{{{COMMANDS}}}actions") or ()])


def form_of(form):
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


def filled(fields):
    form = ElementTree.Element(f"{{{DATA}}}x", {"type": "submit"})
    for name, value in fields.items():
        entry = ElementTree.SubElement(form, f"{{{DATA}}}field", {"var": name})
        for one in value if isinstance(value, (list, tuple)) else [value]:
            ElementTree.SubElement(entry, f"{{{DATA}}}value").text = str(one)
    return form
