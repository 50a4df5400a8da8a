"""What every story has: the servers of a site, Postern in one of its forms, and members."""

import itertools
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from member import Member  # noqa: E402
from postern import FORMS  # noqa: E402
from servers.site import JABBER_SERVERS, OTHER_MAIL_SERVERS, Site  # noqa: E402

_numbers = itertools.count(1)

# Each form of Postern and each Jabber server has all stories told; --setup names other ones.
USUAL_SETUPS = ["services+prosody", "all-in-one+ejabberd"]
# A module's ALSO_ON names further mail servers that its stories are told on, its ONLY_ON all of
# them, for what takes long.
MAILBOX_SETUP = "services+prosody+{}"
# The very same strings for every test: pytest keeps a fixture while its parameter is the same object.
SETUPS = {f"{form}+{server}": (form, (server, "dovecot"))
          for form in FORMS for server in JABBER_SERVERS}
SETUPS |= {f"{form}+{server}+{boxes}": (form, (server, boxes))
           for form in FORMS for server in JABBER_SERVERS for boxes in OTHER_MAIL_SERVERS}
SETUPS["services+prosody+dovecot"] = SETUPS["services+prosody"]
# What may be told side by side.
SHARES = [*FORMS, "others"]


def pytest_addoption(parser):
    parser.addoption("--setup", choices=list(SETUPS), action="append",
                     help=f"a form of Postern, a Jabber server and perhaps a mail server; {USUAL_SETUPS} "
                          "when not given, and others that a module names")


    parser.addoption("--share", choices=SHARES,
                     help="of the usual setups, those of a form, or those of other mail servers")


def pytest_generate_tests(metafunc):
    if "postern" in metafunc.fixturenames:
        setups = metafunc.config.getoption("setup") or _setups(metafunc.module)
        share = metafunc.config.getoption("share")
        if share:
            setups = [setup for setup in setups if _share(setup) == share]
        metafunc.parametrize("postern, site", [SETUPS[setup] for setup in setups],
                             ids=setups, indirect=True, scope="session")


def pytest_collection_modifyitems(config, items):
    """With --share, what needs no Postern of ours is told in the first one, and what belongs to
    another share is not even skipped."""
    share = config.getoption("share")
    if share:
        items[:] = [item for item in items if _belongs_to(item, share)]


def _belongs_to(item, share):
    if "postern" not in item.fixturenames:
        return share == SHARES[0]
    return hasattr(item, "callspec") and isinstance(item.callspec.params.get("postern"), str)


def _share(setup):
    form, (_, mailboxes) = SETUPS[setup]
    return "others" if mailboxes in OTHER_MAIL_SERVERS else form


def _setups(module):
    only = getattr(module, "ONLY_ON", [])
    usual = [] if only else USUAL_SETUPS
    return [*usual, *map(MAILBOX_SETUP.format, only or getattr(module, "ALSO_ON", []))]


@pytest.fixture(scope="session")
def site(request):
    jabber, mailboxes = request.param
    site = Site(jabber, mailboxes=mailboxes)
    try:
        yield site.start()
    finally:
        site.stop()


@pytest.fixture(scope="session")
def postern(request, site):
    """A running Postern; one form after the other, as both are the same Jabber component."""
    postern = FORMS[request.param](site.folder / request.param, site)
    try:
        yield postern.start()
    finally:
        postern.remove()


@pytest.fixture
def new_member(site, postern):
    """Makes people with a Jabber account and an empty mailbox, who are online."""
    members = []

    def make(name="juliet", online=True, lang=None):
        member = Member(site.add_person(f"{name}{next(_numbers)}"), site, postern, lang=lang)
        members.append(member)
        if online:
            member.client.connect()
        return member

    yield make
    for member in members:
        member.client.disconnect()
        # Dovecot hears of new mail for 128 watched mailboxes; for more it looks now and then.
        for name in member.account_names():
            postern.ctl("accounts", "disable", f"{member.jid}/{name}")


@pytest.fixture
def juliet(new_member):
    return new_member("juliet")


@pytest.fixture(autouse=True)
def nothing_ends(request):
    """No story, however bad its input, may end a process of Postern; the next one begins with all
    of them running in any case."""
    yield
    if "postern" in request.fixturenames:
        ended = request.getfixturevalue("postern").revive_the_ended()
        assert not ended, "\n".join(ended)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A story that failed shows what Postern logged last."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed and "postern" in item.fixturenames:
        for name, text in item.funcargs["postern"].logs().items():
            report.sections.append((f"the end of the log of {name}",
                                    "\n".join(text.splitlines()[-40:])))
