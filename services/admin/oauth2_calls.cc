// The calls of AdminServiceImpl for OAuth2.
#include <utility>

#include "lib/rpc/serve.h"
#include "services/admin/admin_service.h"

namespace postern::admin {

grpc::ServerUnaryReactor* AdminServiceImpl::BeginConsent(Context* context,
                                                         const v1::BeginConsentRequest* request,
                                                         v1::BeginConsentResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return Consent(*request, *response); });
}

grpc::ServerUnaryReactor* AdminServiceImpl::GetAccessToken(Context* context,
                                                           const v1::GetAccessTokenRequest* request,
                                                           v1::GetAccessTokenResponse* response) {
  return rpc::Serve(parts_.executor, context, [=, this] { return Token(*request, *response); });
}

net::Task<absl::Status> AdminServiceImpl::Consent(const v1::BeginConsentRequest& request,
                                                  v1::BeginConsentResponse& response) {
  auto begun = co_await parts_.oauth2.desk().Begin(request.account_id());
  if (!begun.ok()) co_return begun.status();
  response = *std::move(begun);
  co_return absl::OkStatus();
}

net::Task<absl::Status> AdminServiceImpl::Token(const v1::GetAccessTokenRequest& request,
                                                v1::GetAccessTokenResponse& response) {
  crypto::Secret refused(request.refused_token());
  // gRPC's own copy would lie in memory until something else is written over it.
  crypto::Wipe(*const_cast<v1::GetAccessTokenRequest&>(request).mutable_refused_token());
  auto token = co_await parts_.oauth2.tokens().Get(request.account_id(), std::move(refused));
  if (!token.ok()) co_return token.status();
  response.set_token(token->token.Reveal());
  response.set_expires_unix(token->expires_unix);
  co_return absl::OkStatus();
}

}  // namespace postern::admin
