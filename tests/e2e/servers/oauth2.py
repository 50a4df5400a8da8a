"""An OAuth2 provider on Authlib, and a Dovecot whose users log in by its tokens.

Run as a program it is the provider: authorization code with PKCE (S256, required), refresh tokens
that change with each use, device codes, revocation, introspection; HTTPS. Under /test/ a story asks
what happened, and makes trouble.
"""

import json
import ssl
import sys
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

if __name__ != "__main__":
    from .daemon import Daemon, free_port
    from .dovecot import Dovecot

CLIENT_ID = "postern"
CLIENT_SECRET = "client secret: & %"


class OAuth2Provider:
    """The provider as stories see it."""

    def __init__(self, folder, authority):
        self.folder = Path(folder)
        self.folder.mkdir()
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self.redirect_url = "https://gateway.test/chat/oauth2/callback"
        self.trust = ssl.create_default_context(cafile=authority.ca)
        self.daemon = Daemon(
            "oauth2", [sys.executable, Path(__file__), self.port, authority.certificate,
                       authority.key, self.redirect_url], self.folder / "oauth2.log")

    def start(self):
        self.daemon.start(self.port)
        return self

    def stop(self):
        self.daemon.stop()

    def file(self, host, rogue_port):
        """What the operator writes into --oauth2-file; Debian's Authlib takes the Basic way. Whoever
        answers at `rogue_port` is not trusted."""
        secret = self.folder / "client.secret"
        secret.write_text(CLIENT_SECRET + "\n")
        path = self.folder / "providers.ini"
        path.write_text(
            "# The provider of the stories\n[stories]\nlabel = Story Mail\n"
            f"hosts = {host}\nclient-id = {CLIENT_ID}\nclient-secret-file = {secret}\n"
            f"authorization-url = {self.url}/authorize\ntoken-url = {self.url}/token\n"
            f"device-url = {self.url}/device\nscope = mail\n"
            "[rogue]\nhosts = imap.rogue.test\nclient-authentication = post\n"
            f"client-id = {CLIENT_ID}\nclient-secret-file = {secret}\n"
            f"authorization-url = {self.url}/authorize\n"
            f"token-url = https://localhost:{rogue_port}/token\n")
        return path

    def ask(self, path, **fields):
        data = urllib.parse.urlencode(fields).encode() if fields else None
        with urllib.request.urlopen(self.url + path, data, 10, context=self.trust) as answer:
            return json.load(answer)

    def set(self, **settings):
        """lifetime: of access tokens, seconds. down: 1 when the token endpoint answers 503."""
        self.ask("/test/set", **settings)

    def refreshes(self):
        """How often a refresh token was to be used, by anybody."""
        return self.ask("/test/state")["refreshes"]

    def revoke(self, user):
        """The user takes their consent back: all of their tokens are of no use."""
        self.ask("/test/revoke", user=user)

    def type_code(self, code, user, allowed=1):
        """The user types a device code, and decides."""
        self.ask("/test/device", code=code, user=user, allowed=allowed)


def dovecot_with(authority, provider, folder):
    """A Dovecot that asks the provider about tokens (passdb oauth2) and knows passwords too."""
    dovecot = Dovecot(folder, authority)
    settings = dovecot.folder / "oauth2.conf"
    settings.write_text(
        f"introspection_url = {provider.url}/introspect\nintrospection_mode = post\n"
        f"tls_ca_cert_file = {authority.ca}\nusername_attribute = username\n"
        "active_attribute = active\nactive_value = true\n")
    config = dovecot.folder / "dovecot.conf"
    text = config.read_text()
    text = text.replace("auth_mechanisms =", "auth_mechanisms = xoauth2 oauthbearer")
    text = text.replace("passdb {\n", "passdb {\n  driver = oauth2\n"
                        "  mechanisms = xoauth2 oauthbearer\n"
                        f"  args = {settings}\n}}\npassdb {{\n", 1)
    config.write_text(text)
    return dovecot


# --- the program -----------------------------------------------------------------------------


@dataclass
class User:
    name: str

    def get_user_id(self):
        return self.name


@dataclass
class State:
    tokens: list = field(default_factory=list)
    codes: list = field(default_factory=list)
    devices: dict = field(default_factory=dict)   # device code -> credential
    decisions: dict = field(default_factory=dict)  # user code -> (user, allowed)
    lifetime: int = 3600
    down: int = 0
    refreshes: int = 0


def make_app(url, redirect_url):
    from authlib.integrations.flask_oauth2 import AuthorizationServer
    from authlib.oauth2.rfc6749 import (AuthorizationCodeMixin, ClientMixin, TokenMixin, grants)
    from authlib.oauth2.rfc7636 import CodeChallenge
    from authlib.oauth2.rfc8628 import (DeviceAuthorizationEndpoint, DeviceCodeGrant,
                                        DeviceCredentialMixin)
    from flask import Flask, jsonify, request

    state = State()

    class Client(ClientMixin):
        def get_client_id(self):
            return CLIENT_ID

        def get_default_redirect_uri(self):
            return redirect_url

        def get_allowed_scope(self, scope):
            return scope

        def check_redirect_uri(self, uri):
            return uri == redirect_url

        def check_client_secret(self, secret):
            # Authlib 1.2 does not decode what RFC 6749 section 2.3.1 has encoded.
            return urllib.parse.unquote_plus(secret) == CLIENT_SECRET

        def check_endpoint_auth_method(self, method, endpoint):
            return method in ("client_secret_basic", "client_secret_post")

        def check_response_type(self, response_type):
            return response_type == "code"

        def check_grant_type(self, grant_type):
            return True

    class Record(dict):
        __getattr__ = dict.get

    class Code(Record, AuthorizationCodeMixin):
        def get_redirect_uri(self):
            return self.redirect_uri

        def get_scope(self):
            return self.scope

    class Token(Record, TokenMixin):
        def check_client(self, client):
            return True

        def get_scope(self):
            return self.scope

        def get_expires_in(self):
            return self.expires_in

        def is_expired(self):
            return time.time() > self.at + self.expires_in

        def is_revoked(self):
            return bool(self.revoked)

    class Device(Record, DeviceCredentialMixin):
        def get_client_id(self):
            return CLIENT_ID

        def get_scope(self):
            return self.scope

        def get_user_code(self):
            return self.user_code

        def is_expired(self):
            return time.time() > self.at + self.expires_in

    class CodeGrant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

        def save_authorization_code(self, code, request):
            state.codes.append(Code(
                code=code, redirect_uri=request.redirect_uri, scope=request.scope,
                user=request.user.name, code_challenge=request.data.get("code_challenge"),
                code_challenge_method=request.data.get("code_challenge_method")))

        def query_authorization_code(self, code, client):
            return next((known for known in state.codes if known.code == code), None)

        def delete_authorization_code(self, code):
            state.codes.remove(code)

        def authenticate_user(self, code):
            return User(code.user)

    class RefreshGrant(grants.RefreshTokenGrant):
        INCLUDE_NEW_REFRESH_TOKEN = True
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

        def authenticate_refresh_token(self, refresh_token):
            known = next((t for t in state.tokens if t.refresh_token == refresh_token), None)
            if known and known.used:  # stolen: nothing of that user's holds any more
                for token in state.tokens:
                    token["revoked"] = token.revoked or token.user == known.user
            return known if known and not known.revoked else None

        def authenticate_user(self, token):
            return User(token.user)

        def revoke_old_credential(self, token):
            token["used"] = True

    class CodeByDevice(DeviceCodeGrant):
        def query_device_credential(self, device_code):
            return state.devices.get(device_code)

        def query_user_grant(self, user_code):
            return state.decisions.get(user_code)

        def should_slow_down(self, credential):
            now, before = time.time(), credential.asked or 0
            credential["asked"] = now
            return now - before < 0.9

    class DeviceEndpoint(DeviceAuthorizationEndpoint):
        EXPIRES_IN = 600
        INTERVAL = 1

        def get_verification_uri(self):
            return f"{url}/activate"

        def save_device_credential(self, client_id, scope, data):
            state.devices[data["device_code"]] = Device(data, scope=scope, at=time.time())

    class S256(CodeChallenge):
        SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def save_token(token, request):
        state.tokens.append(Token(token, user=request.user.name, at=time.time(),
                                  expires_in=token["expires_in"]))

    app = Flask("provider")
    app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {
        grant: 3600 for grant in ("authorization_code", "refresh_token")}
    app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
    server = AuthorizationServer(app, lambda id: Client() if id == CLIENT_ID else None, save_token)
    generator = server._token_generators["default"]
    generator.expires_generator = lambda client, grant_type: state.lifetime
    server.register_grant(CodeGrant, [S256(required=True)])
    server.register_grant(RefreshGrant)
    server.register_grant(CodeByDevice)
    server.register_endpoint(DeviceEndpoint)

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize():
        if request.method == "GET":
            server.get_consent_grant(end_user=User("anybody"))
            return "Do you agree?"
        user = User(request.form["user"]) if request.form.get("user") else None
        return server.create_authorization_response(grant_user=user)

    @app.post("/token")
    def token():
        state.refreshes += request.form.get("grant_type") == "refresh_token"
        if state.down:
            return "<html>Try later</html>", 503
        return server.create_token_response()

    @app.post("/device")
    def device():
        return server.create_endpoint_response("device_authorization")

    @app.post("/introspect")
    def introspect():
        found = next((t for t in state.tokens if t.access_token == request.form["token"]), None)
        if found is None or found.is_expired() or found.is_revoked():
            return jsonify(active=False)
        return jsonify(active=True, username=found.user, client_id=CLIENT_ID)

    @app.post("/test/set")
    def set_up():
        for name, value in request.form.items():
            setattr(state, name, int(value))
        return jsonify({})

    @app.get("/test/state")
    def tell():
        return jsonify(refreshes=state.refreshes)

    @app.post("/test/revoke")
    def revoke():
        for found in state.tokens:
            if found.user == request.form["user"]:
                found["revoked"] = True
        return jsonify({})

    @app.post("/test/device")
    def decide():
        allowed = request.form["allowed"] == "1"
        state.decisions[request.form["code"]] = (User(request.form["user"]), allowed)
        return jsonify({})

    return app


def main(port, certificate, key, redirect_url):
    from werkzeug.serving import make_server
    app = make_app(f"https://localhost:{port}", redirect_url)
    make_server("127.0.0.1", int(port), app, threaded=True,
                ssl_context=(certificate, key)).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
