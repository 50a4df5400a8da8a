"""The fetcher's gRPC face, as the other services see it, without generated code: its messages are
made from the proto files as they stand."""

import subprocess
import tempfile
from pathlib import Path

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PROTOS = Path(__file__).resolve().parents[2] / "proto"
SERVICE = "postern.fetcher.v1.FetcherService"


def _pool():
    with tempfile.NamedTemporaryFile() as compiled:
        subprocess.run(["protoc", f"-I{PROTOS}", "--include_imports",
                        f"--descriptor_set_out={compiled.name}",
                        "postern/fetcher/v1/fetcher.proto"], check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(Path(compiled.name).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


class FetcherRpc:
    """Calls by name: `rpc.SearchMails(account_id="…", text="…")`. Streams are iterators."""

    def __init__(self, address, seconds=60):
        self._channel = grpc.insecure_channel(
            address, [("grpc.max_receive_message_length", 16 * 1024 * 1024)])
        pool = _pool()
        self._factory = message_factory.MessageFactory(pool)
        self._methods = {method.name: method
                         for method in pool.FindServiceByName(SERVICE).methods}
        self._seconds = seconds

    def close(self):
        self._channel.close()

    def __getattr__(self, name):
        method = self._methods[name]
        request = self._factory.GetPrototype(method.input_type)
        response = self._factory.GetPrototype(method.output_type)
        shape = ("stream" if name == "AppendMail" else "unary") + "_" + (
            "stream" if name == "ReadMailPart" else "unary")
        call = getattr(self._channel, shape)(f"/{SERVICE}/{name}", request.SerializeToString,
                                             response.FromString)
        if name == "AppendMail":
            return lambda messages: call((request(**fields) for fields in messages),
                                         timeout=self._seconds)
        return lambda **fields: call(request(**fields), timeout=self._seconds)
