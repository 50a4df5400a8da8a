"""The browser of somebody who gives consent: at the gateway's page, and at the provider."""

import html
import http.client
import re
import urllib.parse

PUBLIC = "https://gateway.test/chat"


class Page:
    def __init__(self, response):
        self.status = response.status
        self.text = response.read().decode()
        self.location = response.getheader("Location", "")
        self.cookie = (response.getheader("Set-Cookie") or "").partition(";")[0]


class Browser:
    """Goes where it is sent, keeps the gateway's cookie, and signs in at the provider."""

    def __init__(self, site):
        self.site = site
        self.cookie = ""

    def visit(self, url, **form):
        """A page of the gateway: past the operator's proxy, which this stands for."""
        assert url.startswith(PUBLIC), url
        return self._ask(http.client.HTTPConnection("127.0.0.1", self.site.consent_port, 10),
                         url[len("https://gateway.test"):], form, {"Cookie": self.cookie})

    def decide(self, url, user, **form):
        """At the provider: signs in and agrees, or without a user does not."""
        provider = urllib.parse.urlsplit(url)
        connection = http.client.HTTPSConnection("localhost", provider.port, timeout=10,
                                                 context=self.site.oauth2.trust)
        return self._ask(connection, f"{provider.path}?{provider.query}", {"user": user, **form},
                         {})

    def _ask(self, connection, target, form, headers):
        if form:
            connection.request("POST", target, urllib.parse.urlencode(form), {
                **headers, "Content-Type": "application/x-www-form-urlencoded"})
        else:
            connection.request("GET", target, headers=headers)
        page = Page(connection.getresponse())
        connection.close()
        self.cookie = page.cookie or self.cookie
        return page

    def go_on(self, link):
        """Sees what the link is about, presses the button; answers where the provider is."""
        page = self.visit(link)
        assert page.status == 200, page.text
        key = html.unescape(re.search(r'name="key" value="([^"]*)"', page.text)[1])
        sent = self.visit(link, key=key)
        assert sent.status == 303, sent.text
        return sent.location

    def consent(self, link, user):
        back = self.decide(self.go_on(link), user)
        assert back.status == 302, back.text
        return self.visit(back.location)
