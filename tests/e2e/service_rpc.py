"""The gRPC face of a service, as the other services see it, without generated code: its messages
are made from the proto files as they stand."""

import subprocess
import tempfile
from pathlib import Path

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PROTOS = Path(__file__).resolve().parents[2] / "proto"
# Those that are no plain calls, by what is streamed: request, response.
STREAMS = {"AppendMail": ("stream", "unary"), "ReadMailPart": ("unary", "stream")}


def _pool(proto):
    with tempfile.NamedTemporaryFile() as compiled:
        subprocess.run(["protoc", f"-I{PROTOS}", "--include_imports",
                        f"--descriptor_set_out={compiled.name}", proto], check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(Path(compiled.name).read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


class ServiceRpc:
    """Calls by name: `rpc.SearchMails(account_id="…", text="…")`. Streams are iterators."""

    def __init__(self, name, address, seconds=60):
        self._channel = grpc.insecure_channel(
            address, [("grpc.max_receive_message_length", 16 * 1024 * 1024)])
        pool = _pool(f"postern/{name}/v1/{name}.proto")
        self._service = f"postern.{name}.v1.{name.title()}Service"
        self._factory = message_factory.MessageFactory(pool)
        self._methods = {method.name: method
                         for method in pool.FindServiceByName(self._service).methods}
        self._seconds = seconds

    def close(self):
        self._channel.close()

    def __getattr__(self, name):
        method = self._methods[name]
        request = self._factory.GetPrototype(method.input_type)
        response = self._factory.GetPrototype(method.output_type)
        shape = STREAMS.get(name, ("unary", "unary"))
        call = getattr(self._channel, "_".join(shape))(
            f"/{self._service}/{name}", request.SerializeToString, response.FromString)
        if shape[0] == "stream":
            return lambda messages: call((request(**fields) for fields in messages),
                                         timeout=self._seconds)
        return lambda **fields: call(request(**fields), timeout=self._seconds)
