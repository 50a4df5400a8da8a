#pragma once

#include <gsasl.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"

namespace postern::testing {

// What a server does beside what it should.
enum class Trick {
  kNone,
  kForgedSignature,
  kNoSignature,  // lets in whoever it is
  kManyRounds,
};

// The server's side of one login, in base64 both ways.
class ScramServer {
 public:
  ScramServer(std::string password, Trick trick) : password_(std::move(password)), trick_(trick) {
    EXPECT_EQ(gsasl_init(&context_), GSASL_OK);
    gsasl_callback_set(context_, &ScramServer::Provide);
    EXPECT_EQ(gsasl_server_start(context_, "SCRAM-SHA-256", &session_), GSASL_OK);
    gsasl_session_hook_set(session_, this);
  }
  ~ScramServer() {
    gsasl_finish(session_);
    gsasl_done(context_);
  }

  // The next challenge, "" when the client is in; nothing when it is refused.
  std::optional<std::string> Next(const std::string& response) {
    ++steps_;
    if (steps_ == 3) return "";
    char* output = nullptr;
    const int step = gsasl_step64(session_, response.c_str(), &output);
    if (step != GSASL_OK && step != GSASL_NEEDS_MORE) return std::nullopt;
    const std::string challenge(output);
    gsasl_free(output);
    if (steps_ == 2 && trick_ == Trick::kForgedSignature) {
      return absl::Base64Escape("v=AAAAbSm7pOb7wnb0ucUyDQPHjTLa+FGSlLgu5HCO+eg=");
    }
    if (steps_ == 2 && trick_ == Trick::kNoSignature) return "";
    return challenge;
  }

 private:
  static int Provide(Gsasl*, Gsasl_session* session, Gsasl_property property) {
    const auto* scram = static_cast<ScramServer*>(gsasl_session_hook_get(session));
    const bool many = scram->trick_ == Trick::kManyRounds;
    if (property == GSASL_PASSWORD) {
      return gsasl_property_set(session, property, scram->password_.c_str());
    }
    if (property == GSASL_SCRAM_ITER) {
      return gsasl_property_set(session, property, many ? "70000" : "4096");
    }
    return GSASL_NO_CALLBACK;
  }

  const std::string password_;
  const Trick trick_;
  Gsasl* context_ = nullptr;
  Gsasl_session* session_ = nullptr;
  int steps_ = 0;
};

}  // namespace postern::testing
