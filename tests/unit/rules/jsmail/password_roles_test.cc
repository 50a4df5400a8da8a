#include "services/rules/jsmail/password_roles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern::rules::jsmail {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;

constexpr char kFile[] =
    "# postmaster,f,of old\n"
    "postmaster, f ,s3cret,a note\n"
    "  mover,r,t0psecret\r\n"
    "ann,u,pa55word,x@y.z\n"
    "list,m,ann,bob\n"
    "half,u\n";

TEST(PasswordRoles, LettersAreAsInEitherManual) {
  EXPECT_THAT(UsersOf(kFile, false),
              ElementsAre(FieldsAre("postmaster", Role::kOperator),
                          FieldsAre("mover", Role::kRedirector), FieldsAre("ann", Role::kUser)));
  EXPECT_THAT(UsersOf(kFile, true),
              ElementsAre(FieldsAre("postmaster", Role::kRedirector),
                          FieldsAre("mover", Role::kOperator), FieldsAre("ann", Role::kUser)));
}

TEST(PasswordRoles, NoPasswordIsLeft) {
  EXPECT_EQ(WithoutPasswords(kFile),
            "postmaster, f ,-,a note\n"
            "mover,r,-\n"
            "ann,u,-,x@y.z\n"
            "list,m,ann,bob\n"
            "half,u\n");
}

TEST(PasswordRoles, MarksOfTheByteOrderHideNoCommentAndNoUser) {
  EXPECT_EQ(
      WithoutPasswords("\xEF\xBB\xBF# ann,u,s3cret\n\r \xEF\xBB\xBF \xEF\xBB\xBF#old,u,s3cret\n"),
      "");
  EXPECT_EQ(WithoutPasswords("\xEF\xBB\xBF"
                             "ann,u,s3cret"),
            "ann,u,-");
  EXPECT_EQ(WithoutPasswords("\r\xEF\xBB\xBF\r ann,u,s3cret"), "ann,u,-");
}

TEST(PasswordRoles, SchedulesKeepWhatIsNoLogin) {
  EXPECT_EQ(ScheduleWithoutLogins("# pop,secret\nHost: mail.example\n USER: ann\nPassword: s3cret\n"
                                  "domain: x.example\nMO 9:00\n"),
            "Host: mail.example\nMO 9:00\n");
}

}  // namespace
}  // namespace postern::rules::jsmail
