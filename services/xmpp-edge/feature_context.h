#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <string>

#include "lib/net/task_group.h"
#include "lib/store/redis_client.h"
#include "postern/admin/v1/admin.grpc.pb.h"
#include "postern/fetcher/v1/fetcher.grpc.pb.h"
#include "postern/rules/v1/rules.grpc.pb.h"
#include "postern/sender/v1/sender.grpc.pb.h"
#include "services/xmpp-edge/account_directory.h"
#include "services/xmpp-edge/contact_addresses.h"
#include "services/xmpp-edge/failed_trials.h"
#include "services/xmpp-edge/given_passwords.h"
#include "services/xmpp-edge/interpreter.h"
#include "services/xmpp-edge/presence_sessions.h"
#include "services/xmpp-edge/site_settings.h"
#include "services/xmpp-edge/stanza_sink.h"
#include "services/xmpp-edge/thread_store.h"

namespace postern::http {
class FileSource;
}

namespace postern::xmpp_edge {

// What a feature may use. Everything in it outlives the features, so they copy
// this struct and keep it.
struct FeatureContext {
  std::string domain;  // of the component: "mail.example.org"
  StanzaSink& sink;
  AccountDirectory& directory;
  const Interpreter& interpreter;
  const SiteSettings& site;
  ThreadStore& threads;
  const PresenceSessions& sessions;
  GivenPasswords& given;
  FailedTrials& failed_trials;
  admin::v1::AdminService::StubInterface& admin;
  rules::v1::RulesService::StubInterface& rules;
  sender::v1::SenderService::StubInterface& sender;
  fetcher::v1::FetcherService::StubInterface& fetcher;
  store::RedisClient& redis;
  net::TaskGroup& tasks;
  boost::asio::any_io_executor executor;
  ContactAddresses contacts = {};  // of the site
  // Where uploaded files are fetched from, to be attached; null: their links are text.
  http::FileSource* files = nullptr;
  size_t most_file_bytes = 0;  // of all files of a mail
  // Where ManageSieve is reached, as users type it: "sieve.example.org:4190"; empty: nowhere.
  std::string managesieve = {};
};

}  // namespace postern::xmpp_edge
