// Attachments taken out of a mail, whole and piece by piece.

#include "lib/mail/attachment_body.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "lib/mail/mime_parser.h"
#include "lib/mail/transfer_encoding.h"

namespace postern::mail {
namespace {

const std::string kMessage =
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    "--b\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "aGVs\r\nbG8=\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in it\r\n\r\nbody\r\n"
    "--b--\r\n";

TEST(FindAttachment, CountsAsTheListDoes) {
  const Mail mail = ParseMail(kMessage);
  ASSERT_EQ(mail.attachments.size(), 2u);
  for (size_t i = 0; i < mail.attachments.size(); ++i) {
    const auto found = FindAttachment(kMessage, i + 1);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->about.file_name, mail.attachments[i].file_name);
    EXPECT_EQ(found->about.size, mail.attachments[i].size);
  }
  EXPECT_EQ(TransferDecoder("base64").Decode(FindAttachment(kMessage, 1)->bytes), "hello");
  EXPECT_EQ(FindAttachment(kMessage, 2)->bytes, "Subject: in it\r\n\r\nbody");
  EXPECT_FALSE(FindAttachment(kMessage, 0).has_value());
  EXPECT_FALSE(FindAttachment(kMessage, 3).has_value());
}

TEST(TransferDecoder, IsTheSameHoweverTheBodyIsCut) {
  const struct {
    const char* encoding;
    std::string body;
  } cases[] = {
      {"base64", "aGVs\r\nbG8g\r\nd29ybGQ=\r\n"},
      {"quoted-printable", "a=3Db=\r\nc =C3=BC=0D=0A=XX end=\r\n"},
      {"7bit", "as it is\r\n"},
      {"binary", std::string("\0\xff\r\n", 4)},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.encoding);
    const std::string whole = DecodeTransferEncoding(c.body, c.encoding, 1000).bytes;
    EXPECT_FALSE(whole.empty());
    for (size_t step = 1; step <= c.body.size(); ++step) {
      TransferDecoder decoder(c.encoding);
      std::string decoded;
      for (size_t at = 0; at < c.body.size(); at += step) {
        decoded += decoder.Decode(absl::string_view(c.body).substr(at, step));
      }
      EXPECT_EQ(decoded, whole) << "in steps of " << step;
    }
  }
}

}  // namespace
}  // namespace postern::mail
