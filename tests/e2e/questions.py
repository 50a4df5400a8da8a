"""What a client asks: discovery, forms, commands. Every question waits for its answer; Refused is one,
too."""

import asyncio
import time
from base64 import b64encode
from hashlib import sha1
from xml.etree import ElementTree

from connection import Connection
from stanzas import (COMMANDS, DATA, DISCO_INFO, DISCO_ITEMS, GATEWAY, LANG, REGISTER, REMOVAL_QUESTION,
                     RSM, Refused, filled, form_of, items_of, step_of)


class Questions(Connection):
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
        return items_of(query)

    def items_page(self, jid, node=None, max=10, after=None):
        """A page of what is below (XEP-0059): the items, the last one's id, how many there are."""
        query = ElementTree.Element(f"{{{DISCO_ITEMS}}}query", {"node": node} if node else {})
        page = ElementTree.SubElement(query, f"{{{RSM}}}set")
        ElementTree.SubElement(page, f"{{{RSM}}}max").text = str(max)
        if after:
            ElementTree.SubElement(page, f"{{{RSM}}}after").text = after
        answer = self._iq("get", jid, query, 30)
        told = answer.find(f"{{{RSM}}}set")
        return (items_of(answer), told.findtext(f"{{{RSM}}}last"),
                int(told.findtext(f"{{{RSM}}}count")))

    def form(self, jid):
        """The registration form at a JID: field name -> value."""
        return self.full_form(jid).values

    def full_form(self, jid, node=None):
        attributes = {"node": node} if node else {}
        query = self._iq("get", jid, ElementTree.Element(f"{{{REGISTER}}}query", attributes))
        return form_of(query.find(f"{{{DATA}}}x"))

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
        query.append(filled(fields))
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
            command.append(filled(fields))

        async def click():
            return await asyncio.gather(*[self._ask("set", jid, command, 40)
                                          for _ in range(times)])
        return [step_of(answer) for answer in self._call(click())]

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

    def _discover(self, namespace, jid, node):
        attributes = {"node": node} if node else {}
        return self._iq("get", jid, ElementTree.Element(f"{{{namespace}}}query", attributes))
