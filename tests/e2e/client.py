"""A Jabber user's client, which knows nothing of Postern's code: what a person says and hears."""

import uuid
from xml.etree import ElementTree

from questions import Questions
from stanzas import (COMMANDS, DATA, DISCO_INFO, OOB, RECEIPTS, REPLY, STABLE_ID, Refused, filled,
                     form_of)

__all__ = ["COMMANDS", "DATA", "DISCO_INFO", "Client", "Refused"]


class Client(Questions):
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
        return None if form is None else form_of(form)

    def send_form(self, to, **fields):
        """Sends a form that came in a message back, filled in; the answer is the message's id."""
        id = uuid.uuid4().hex

        def send():
            message = self._xmpp.make_message(mto=to, mtype="chat")
            message["id"] = id
            message.append(filled(fields))
            message.send()
        self._do(send)
        return id

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

    def bodies(self):
        return [chat.body for chat in self.messages if chat.body and chat.type != "error"]

    def hears_nothing(self, containing, seconds):
        """True when no such message comes in that time."""
        try:
            self.await_message(containing, seconds=seconds)
        except TimeoutError:
            return True
        return False

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
