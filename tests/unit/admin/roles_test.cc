#include <gmock/gmock.h>

#include "tests/unit/admin/admin_harness.h"

namespace postern::admin {
namespace {

using ::testing::ElementsAre;

struct RolesTest : AdminHarness {
  absl::Status SetRole(Replica& replica, const std::string& user, v1::Role role) {
    v1::SetRoleRequest request;
    request.set_user(user);
    request.set_role(role);
    return replica.Call(&AdminCalls::SetRole, request).status();
  }
  absl::Status Begin(Replica& replica, const std::string& user, bool changes = true) {
    v1::BeginOperatorCommandRequest request;
    request.set_user(user);
    request.set_command("disable");
    request.set_subject("bob@example.org/work");
    request.set_changes(changes);
    return replica.Call(&AdminCalls::BeginOperatorCommand, request).status();
  }
  std::vector<std::string> Roles(Replica& replica) {
    auto answer = replica.Call(&AdminCalls::ListRoles, v1::ListRolesRequest());
    EXPECT_TRUE(answer.ok()) << answer.status();
    std::vector<std::string> roles;
    const v1::ListRolesResponse listed = answer.value_or(v1::ListRolesResponse());
    for (const auto& one : listed.roles()) {
      roles.push_back(one.user() + " " + v1::Role_Name(one.role()));
    }
    return roles;
  }
};

TEST_F(RolesTest, AnOperatorMayGiveCommandsAtOnceInEveryReplicaUntilTheyAreNoneAnyMore) {
  EXPECT_EQ(Begin(one_, "ann@example.org").code(), absl::StatusCode::kPermissionDenied);
  ASSERT_TRUE(SetRole(one_, "Ann@Example.org", v1::ROLE_OPERATOR).ok());
  EXPECT_THAT(NewestEntry(), ElementsAre("actor", "operator", "action", "set role", "subject",
                                         "ann@example.org", "detail", "operator"));
  EXPECT_TRUE(Begin(two_, "ann@example.org").ok());
  EXPECT_THAT(NewestEntry(), ElementsAre("actor", "ann@example.org", "action", "by chat: disable",
                                         "subject", "bob@example.org/work", "detail", ""));
  ASSERT_TRUE(SetRole(two_, "bob@example.org", v1::ROLE_REDIRECTOR).ok());
  EXPECT_EQ(Begin(one_, "bob@example.org").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(Roles(one_),
              ElementsAre("ann@example.org ROLE_OPERATOR", "bob@example.org ROLE_REDIRECTOR"));
  ASSERT_TRUE(SetRole(one_, "ann@example.org", v1::ROLE_USER).ok());
  EXPECT_EQ(Begin(two_, "ann@example.org").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(Roles(two_), ElementsAre("bob@example.org ROLE_REDIRECTOR"));
}

TEST_F(RolesTest, LookingIsNotWrittenDown) {
  ASSERT_TRUE(SetRole(one_, "ann@example.org", v1::ROLE_OPERATOR).ok());
  ASSERT_TRUE(Begin(one_, "ann@example.org", /*changes=*/false).ok());
  EXPECT_EQ(NewestEntry().at(3), "set role");
}

TEST_F(RolesTest, WhoIsNamedAtTheStartIsAnOperatorAndStaysIt) {
  Config config;
  config.admins = {"root@example.org"};
  Replica three(io_, redis_.url(), box_, process::Peers(), config);
  EXPECT_TRUE(Begin(three, "root@example.org").ok());
  EXPECT_THAT(Roles(three), ElementsAre("root@example.org ROLE_OPERATOR"));
  EXPECT_EQ(SetRole(three, "root@example.org", v1::ROLE_USER).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(SetRole(three, "root@example.org", v1::ROLE_OPERATOR).ok());
}

TEST_F(RolesTest, WhatIsNoRoleOfAnybodyIsRefused) {
  const auto invalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(SetRole(one_, "ann@example.org", v1::ROLE_UNSPECIFIED).code(), invalid);
  EXPECT_EQ(SetRole(one_, "ann@example.org", static_cast<v1::Role>(77)).code(), invalid);
  EXPECT_EQ(SetRole(one_, "ann@example.org/home", v1::ROLE_OPERATOR).code(), invalid);
  EXPECT_EQ(SetRole(one_, "", v1::ROLE_OPERATOR).code(), invalid);
  EXPECT_EQ(Begin(one_, "").code(), invalid);
  v1::BeginOperatorCommandRequest nothing;
  nothing.set_user("ann@example.org");
  EXPECT_EQ(one_.Call(&AdminCalls::BeginOperatorCommand, nothing).status().code(), invalid);
}

}  // namespace
}  // namespace postern::admin
