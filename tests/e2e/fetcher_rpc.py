"""The fetcher's gRPC face (service_rpc.py)."""

from service_rpc import ServiceRpc


class FetcherRpc(ServiceRpc):
    def __init__(self, address, seconds=60):
        super().__init__("fetcher", address, seconds)
