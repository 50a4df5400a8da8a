// What we write is read back by two readers that aren't ours: GMime's, and Python's email.
#include <gmime/gmime.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/mail/attachment_name.h"
#include "lib/mail/flowed_text.h"
#include "lib/mail/html_writer.h"
#include "lib/mail/mime_writer.h"

namespace postern::mail {
namespace {

// A mail and what keeps its parts' bytes.
struct RandomMail {
  OutgoingMail mail;
  std::vector<std::string> contents;
};

class Dice {
 public:
  size_t Roll(size_t sides) { return random_() % sides; }
  std::string Words(size_t most, const std::vector<std::string>& more = {}) {
    static const std::vector<std::string> kPieces = {"word",   "Grüße",
                                                     "Привет", "你好",
                                                     "😀",      "a,b",
                                                     "\"q\"",  "=?utf-8?q?x?=",
                                                     "a=b",    "\\",
                                                     "(c)",    "<d@e.f>",
                                                     "it's",   "long-word-without-an-end",
                                                     "?=",     "_",
                                                     "."};
    std::string out;
    for (size_t i = Roll(most + 1); i > 0; --i) {
      const size_t n = Roll(kPieces.size() + more.size());
      absl::StrAppend(&out, n < kPieces.size() ? kPieces[n] : more[n - kPieces.size()],
                      i > 1 ? " " : "");
    }
    return out;
  }
  std::string Bytes(size_t most) {
    std::string out(Roll(most), '\0');
    for (char& c : out) c = static_cast<char>(Roll(256));
    return out;
  }

 private:
  std::mt19937 random_{7};
};

void Fill(Dice& dice, RandomMail& random) {
  OutgoingMail& mail = random.mail;
  mail.from = {dice.Words(3), "ann", "example.org"};
  mail.to = {{dice.Words(3), "b ob", "example.net"}, {"", "eve", "example.net"}};
  mail.subject = dice.Words(12);
  mail.text = dice.Words(200, {"\n", "\n> ", "\n-- \n", "\n ", "\nFrom", "  ", "\t", "*b*",
                               "https://example.org/?a=b&c"});
  mail.message_id = absl::StrCat("id", dice.Roll(1000), "@example.org");
  mail.date_unix = 1795330800;
  mail.boundary = absl::StrCat(dice.Roll(1000));
  if (dice.Roll(2) == 0) {
    HtmlWriter html;
    html.AddStyled(mail.text);
    if (html.rich()) mail.html = std::move(html).Take();
  }
  random.contents.resize(dice.Roll(4));
  for (std::string& content : random.contents) {
    content = dice.Bytes(300);
    const char* const types[] = {"image/png", "text/plain", "application/pdf", ""};
    std::string name = absl::StrCat(dice.Words(4), "x.bin");
    name = SafeFileName(absl::StrReplaceAll(name, {{"\\", ""}}));
    mail.parts.push_back({content, name, types[dice.Roll(4)], ""});
  }
}

template <class Object>
std::unique_ptr<Object, void (*)(Object*)> Owned(Object* object) {
  return {object, [](Object* o) { g_object_unref(o); }};
}

std::string ContentOf(GMimePart* part) {
  const auto stream = Owned(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(part), stream.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return std::string(reinterpret_cast<const char*>(bytes->data), bytes->len);
}

void Collect(GMimeObject*, GMimeObject* part, gpointer parts) {
  if (GMIME_IS_PART(part)) {
    static_cast<std::vector<GMimePart*>*>(parts)->push_back(GMIME_PART(part));
  }
}

void ExpectGMimeReads(const std::string& wire, const OutgoingMail& mail) {
  const auto stream = Owned(g_mime_stream_mem_new_with_buffer(wire.data(), wire.size()));
  const auto parser = Owned(g_mime_parser_new_with_stream(stream.get()));
  const auto message = Owned(g_mime_parser_construct_message(parser.get(), nullptr));
  ASSERT_NE(message, nullptr);
  const char* subject = g_mime_message_get_subject(message.get());
  EXPECT_EQ(subject == nullptr ? "" : subject, mail.subject);
  InternetAddressList* from = g_mime_message_get_from(message.get());
  ASSERT_EQ(internet_address_list_length(from), 1);
  InternetAddress* sender = internet_address_list_get_address(from, 0);
  const char* name = internet_address_get_name(sender);
  EXPECT_EQ(name == nullptr ? "" : name, mail.from.display_name);
  EXPECT_STREQ(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(sender)),
               "ann@example.org");
  EXPECT_EQ(internet_address_list_length(g_mime_message_get_to(message.get())), 2);

  std::vector<GMimePart*> parts;
  g_mime_message_foreach(message.get(), Collect, &parts);
  const size_t texts = mail.html.empty() ? 1 : 2;
  ASSERT_EQ(parts.size(), texts + mail.parts.size());
  EXPECT_EQ(absl::StrReplaceAll(ContentOf(parts[0]), {{"\r\n", "\n"}}), WrapFlowed(mail.text));
  for (size_t i = 0; i < mail.parts.size(); ++i) {
    GMimePart* part = parts[texts + i];
    EXPECT_STREQ(g_mime_part_get_filename(part), mail.parts[i].file_name.c_str());
    EXPECT_EQ(ContentOf(part), mail.parts[i].content);
  }
}

std::string ForPython(const std::string& wire, const OutgoingMail& mail) {
  std::string line;
  const auto add = [&line](absl::string_view word) {
    absl::StrAppend(&line, line.empty() ? "." : " .", absl::Base64Escape(word));
  };
  add(wire);
  add(mail.subject);
  add(mail.from.display_name);
  add(mail.from.Spec());
  add(WrapFlowed(mail.text));
  for (const OutgoingPart& part : mail.parts) {
    add(part.file_name);
    add(part.content);
  }
  return line + "\n";
}

TEST(OtherReaders, ReadAThousandMailsAsTheyWereMeant) {
  g_mime_init();
  FILE* python = popen("python3 " POSTERN_READ_MAILS, "w");
  ASSERT_NE(python, nullptr);
  Dice dice;
  for (int i = 1; i <= 1000; ++i) {
    SCOPED_TRACE(absl::StrCat("mail ", i));
    RandomMail random;
    Fill(dice, random);
    const auto wire = WriteMail(random.mail);
    ASSERT_TRUE(wire.ok()) << wire.status();
    ExpectGMimeReads(*wire, random.mail);
    const std::string line = ForPython(*wire, random.mail);
    ASSERT_EQ(fwrite(line.data(), 1, line.size(), python), line.size());
  }
  EXPECT_EQ(pclose(python), 0) << "Python's email read something else";
}

}  // namespace
}  // namespace postern::mail
