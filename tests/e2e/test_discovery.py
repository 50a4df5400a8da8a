"""The tree that service discovery shows: types, accounts, and the folders of a mailbox, live."""

import pytest

from client import Refused
from servers.daemon import wait_until

NESTED = "Projects.Großes Haus.Küche & Bad"  # the separator is Dovecot's, the names are anybody's


@pytest.fixture
def reader(juliet):
    juliet.make_folders("Archive", "Projects", "Projects.Großes Haus", NESTED)
    juliet.register_imap("work")
    return juliet


def below(member, jid, node):
    return {name: (jid, node) for jid, node, name in member.client.items(jid, node)}


def test_types_accounts_and_folders_hang_below_each_other(reader):
    types = below(reader, reader.gateway, None)
    assert {node for _, node in types.values()} >= {"IMAP", "POP3", "SMTP"}
    accounts = below(reader, f"{reader.gateway}/IMAP", "IMAP")
    assert accounts == {"work": (f"{reader.contact('work')}/IMAP", "IMAP/work")}
    folders = below(reader, *accounts["work"])
    assert {"INBOX", "Archive", "Projects"} <= set(folders)
    assert folders["Projects"] == (f"{reader.contact('work')}/IMAP/Projects",
                                   "IMAP/work/Projects")
    deeper = below(reader, *folders["Projects"])
    assert set(deeper) == {"Großes Haus"}
    deepest = below(reader, *deeper["Großes Haus"])
    assert set(deepest) == {"Küche & Bad"}
    identities, features = reader.client.info(*deepest["Küche & Bad"])
    assert identities and "jabber:iq:register" in features


def test_a_new_folder_is_there_without_a_restart(reader):
    place = f"{reader.contact('work')}/IMAP", "IMAP/work"
    assert "Brand New" not in below(reader, *place)
    reader.make_folders("Brand New")
    wait_until(lambda: "Brand New" in below(reader, *place), 15, "the new folder", pause=0.5)


def test_a_folder_is_registered_with_the_settings_of_its_account(reader):
    folder = f"{reader.contact('work')}/IMAP/Projects/Großes Haus/Küche & Bad"
    form = reader.client.form(folder)
    assert form["mailbox"] == NESTED
    assert form["name"] == "" and form["password"] == ""
    assert (form["login"], form["host"]) == (reader.address, "localhost")
    reader.client.register(folder, name="kitchen")
    reader.client.await_presence(reader.contact("kitchen"), containing="imap", seconds=10)
    # Now there is an account for it, and the folder leads to that.
    assert reader.client.form(folder)["name"] == "kitchen"


def test_thousands_of_folders_come_in_pages_or_at_once(juliet):
    count = 2000
    juliet.make_folders(*[f"Many.{number:04}" for number in range(count)])
    juliet.register_imap("work")
    jid, node = f"{juliet.contact('work')}/IMAP/Many", "IMAP/work/Many"
    names, after = [], None
    while True:
        items, after, total = juliet.client.items_page(jid, node, max=300, after=after)
        assert total == count
        names += [name for _, _, name in items]
        if len(names) >= total:
            break
    assert names == [f"{number:04}" for number in range(count)]
    whole = [name for _, _, name in juliet.client.items(jid, node)]
    assert whole == names
    juliet.client.ping(juliet.gateway)


def test_what_is_not_there_is_not_found(reader):
    for node in ("IMAP/nothing", "IMAP/work/No Such Folder", "NNTP"):
        with pytest.raises(Refused) as refused:
            reader.client.items(reader.gateway, node)
        assert refused.value.condition == "item-not-found"


def test_every_place_says_what_it_is(reader):
    reader.register_smtp("out")
    places = [(reader.gateway, None), (f"{reader.gateway}/IMAP", "IMAP"),
              (f"{reader.contact('work')}/IMAP", "IMAP/work"), (reader.contact("out"), None),
              (reader.address_contact("ann@elsewhere.test"), None)]
    for jid, node in places:
        identities, features = reader.client.info(jid, node)
        assert identities, f"{jid} {node} has no identity"
        assert "http://jabber.org/protocol/disco#info" in features


def test_presence_tells_what_a_client_need_not_ask(reader):
    """XEP-0115: the hash in the presence is that of what discovery answers."""
    caps = reader.client.caps_of(reader.contact("work"))
    identities, features = reader.client.info(reader.contact("work"),
                                              f"{caps.get('node')}#{caps.get('ver')}")
    assert caps.get("ver") == reader.client.caps_hash(reader.contact("work"))
    assert identities and features
