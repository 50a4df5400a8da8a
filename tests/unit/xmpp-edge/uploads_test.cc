// Files that users upload become attachments.
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "services/xmpp-edge/upload_desk.h"
#include "services/xmpp-edge/uploaded_file.h"
#include "tests/support/await.h"
#include "tests/unit/xmpp-edge/fake_files.h"
#include "tests/unit/xmpp-edge/feature_bench.h"
#include "tests/unit/xmpp-edge/password_story.h"

namespace postern::xmpp_edge {
namespace {

constexpr char kLink[] = "https://up.example.org/1/photo.jpg";
constexpr char kOther[] = "https://up.example.org/2/notes.txt";
constexpr char kBobByMail[] = "bob\\40example.net@mail.example.org";

Element OutOfBand(const std::string& url, const std::string& description = "") {
  Element oob = MakeElement("x", "jabber:x:oob");
  oob.AddText("url", url);
  if (!description.empty()) oob.AddText("desc", description);
  return oob;
}

// XEP-0447, or with another name and namespace XEP-0385.
Element Sharing(const std::string& url, const std::string& name, const std::string& size,
                bool inline_media = false) {
  Element file = MakeElement("file", "urn:xmpp:file:metadata:0");
  file.AddText("media-type", "image/jpeg").AddText("name", name).AddText("desc", "A mountain");
  if (!size.empty()) file.AddText("size", size);
  Element source = inline_media ? MakeElement("reference", "urn:xmpp:reference:0")
                                : MakeElement("url-data", "http://jabber.org/protocol/url-data");
  source.Set(inline_media ? "uri" : "target", url);
  Element sources = MakeElement("sources");
  sources.Add(std::move(source));
  Element sharing = inline_media ? MakeElement("media-sharing", "urn:xmpp:sims:1")
                                 : MakeElement("file-sharing", "urn:xmpp:sfs:0");
  sharing.Add(std::move(file)).Add(std::move(sources));
  if (!inline_media) return sharing;
  Element reference = MakeElement("reference", "urn:xmpp:reference:0");
  reference.Add(std::move(sharing));
  return reference;
}

Element Message(const std::string& to, const std::string& id, const std::string& body) {
  Element message = MakeStanza("message", kAnn, to, "chat", id);
  message.AddText("body", body);
  return message;
}

// "url url | text" of what was taken.
std::string Taken(const std::string& text, std::vector<Element> children) {
  Element message = Message(kDomain, "m1", text);
  for (Element& child : children) message.Add(std::move(child));
  std::string rest = text;
  const auto files = TakeUploads(message, Words("en"), rest);
  if (!files.ok()) return std::string(files.status().message());
  const auto url = [](std::string* out, const UploadedFile& file) { out->append(file.url); };
  return absl::StrCat(absl::StrJoin(*files, " ", url), " | ", rest);
}

TEST(TakeUploads, TellsAFileFromALink) {
  const std::string link = kLink, other = kOther;
  const struct {
    const char* name;
    std::string text;
    std::vector<Element> children;
    std::string taken;
  } cases[] = {
      {"upload", link, {OutOfBand(link)}, link + " | "},
      {"with a description", link, {OutOfBand(link, "Look")}, link + " | Look"},
      {"plain link", link, {}, " | " + link},
      {"link among words",
       "see " + link + " there",
       {OutOfBand(link)},
       " | see " + link + " there"},
      {"text before", "Look:\n\n" + link + "\n", {OutOfBand(link)}, link + " | Look:"},
      {"text behind", link + "\nLook", {OutOfBand(link, "no")}, link + " | Look"},
      {"other link", other, {OutOfBand(link)}, " | " + other},
      {"two", link + "\n" + other, {OutOfBand(link), OutOfBand(other)}, link + " " + other + " | "},
      {"the same twice", link, {OutOfBand(link), OutOfBand(link)}, link + " | "},
      {"no web link", "geo:1,2", {OutOfBand("geo:1,2")}, " | geo:1,2"},
      {"shared", link, {Sharing(link, "p.jpg", "3")}, link + " | A mountain"},
      {"shared, out of band too",
       link,
       {Sharing(link, "p.jpg", "3"), OutOfBand(link)},
       link + " | A mountain"},
      {"shared with words", "Hello", {Sharing(link, "p.jpg", "3")}, link + " | Hello"},
      {"inline", link, {Sharing(link, "p.jpg", "3", true)}, link + " | A mountain"},
      {"in the clear",
       "http://x.example/a",
       {OutOfBand("http://x.example/a")},
       "Not sent: files can only be attached from links that begin with https://."},
      {"encrypted",
       "aesgcm://x.example/a#00",
       {},
       "Not sent: encrypted files can't be mailed. Send it unencrypted."},
      {"encrypted among words",
       "see aesgcm://x.example/a#00",
       {},
       " | see aesgcm://x.example/a#00"},
      {"with a login",
       "https://me:x@x.example/a",
       {OutOfBand("https://me:x@x.example/a")},
       "Not sent: the link to the file can't be read. Upload the file again."},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Taken(c.text, c.children), c.taken);
  }
}

TEST(TakeUploads, HasLimits) {
  const std::string longest = "https://x.example/" + std::string(2030, 'x');
  EXPECT_EQ(Taken(longest, {OutOfBand(longest)}), longest + " | ");
  EXPECT_NE(Taken(longest + "x", {OutOfBand(longest + "x")}).find("can't be read"),
            std::string::npos);
  std::vector<Element> many;
  std::string text;
  for (size_t i = 0; i <= kMaxUploads; ++i) {
    const std::string url = absl::StrCat(kLink, i);
    many.push_back(OutOfBand(url));
    absl::StrAppend(&text, url, "\n");
  }
  EXPECT_EQ(Taken(text, many),
            "Not sent: a message may have 10 files at most. Send the others by themselves.");
}

TEST(NameOf, IsHarmless) {
  const struct {
    const char *told, *url, *name;
  } cases[] = {
      {"summit.jpg", kLink, "summit.jpg"},
      {"", kLink, "photo.jpg"},
      {"../../etc/passwd", kLink, "passwd"},
      {"..", kLink, "photo.jpg"},
      {"a\r\nContent-Type: text/html", kLink, "html"},
      {"", "https://up.example.org/a%2F%2E%2E%2Fb%0D%0A.txt", "b .txt"},
      {"", "https://up.example.org/", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.told);
    EXPECT_EQ(NameOf(c.told, c.url), c.name);
  }
}

TEST(TypeOf, IsWrittenAsMailHasIt) {
  const struct {
    const char *served, *told, *type;
  } cases[] = {
      {"Image/PNG; q=1", "image/jpeg", "image/png"},
      {"", "image/jpeg", "image/jpeg"},
      {"application/octet-stream", "image/jpeg", "image/jpeg"},
      {"", "", "application/octet-stream"},
      {"nonsense", "x", "application/octet-stream"},
      {"a/b/c", "", "application/octet-stream"},
      {"text/x\r\nBcc: eve@example.net", "", "application/octet-stream"},
      {"message/rfc822", "", "application/octet-stream"},
      {"multipart/mixed; boundary=x", "", "application/octet-stream"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.served);
    EXPECT_EQ(TypeOf(c.served, c.told), c.type);
  }
}

class Uploads : public ::testing::Test {
 protected:
  void SetUp() override {
    bench.admin.Add(ImapAccount("ann@example.org", "work"));
    bench.admin.Add(SmtpAccount("ann@example.org", "out"));
    bench.files = &files;
    bench.most_file_bytes = 1 << 20;
    bench.Install();
  }
  void Upload(const std::string& to, const std::string& id, const std::string& body,
              Element metadata) {
    Element message = Message(to, id, body);
    message.Add(std::move(metadata));
    bench.Route(std::move(message));
  }
  sender::v1::Draft TakenDraft(size_t count = 1) {
    EXPECT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() >= count; }));
    const auto taken = bench.sender.taken();
    return taken.empty() ? sender::v1::Draft() : taken.back().draft();
  }
  // What the author of a message with that link is told.
  std::string RefusedUpload(const std::string& link = kLink) {
    Element message = Message(kBobByMail, absl::StrCat("refused", ++refused_), link);
    message.Add(OutOfBand(link));
    const Element answer = bench.Ask(std::move(message));
    EXPECT_EQ(answer.Attr("type"), "error");
    bench.Settle();
    return ErrorTextOf(answer);
  }

  FakeFiles files;
  FeatureBench bench;
  int refused_ = 0;
};

TEST_F(Uploads, AFileGoesAlong) {
  files.Put(kLink, std::string("\xFF\xD8\0\r\n.\r\n", 8), "image/jpeg");
  Upload(kBobByMail, "m1", kLink, OutOfBand(kLink));
  const sender::v1::Draft draft = TakenDraft();
  EXPECT_EQ(draft.subject(), "photo.jpg");
  EXPECT_EQ(draft.text(), "");
  ASSERT_EQ(draft.attachments_size(), 1);
  EXPECT_EQ(draft.attachments(0).content(), std::string("\xFF\xD8\0\r\n.\r\n", 8));
  EXPECT_EQ(draft.attachments(0).file_name(), "photo.jpg");
  EXPECT_EQ(draft.attachments(0).content_type(), "image/jpeg");
  // The rules see it, and the sender is not told where it was.
  ASSERT_EQ(bench.rules.last().mail().attachments_size(), 1);
  EXPECT_EQ(bench.rules.last().mail().attachments(0).file_name(), "photo.jpg");
  EXPECT_EQ(bench.sender.taken().back().context().find("up.example.org"), std::string::npos);
}

TEST_F(Uploads, TheHeadAndTheMetadataCount) {
  files.Put(kLink, "abc", "", "attachment; filename=other.jpg");
  Upload(kDomain, "m1", absl::StrCat("To: eve@example.net\nSubject: Hi\n\nLook\n", kLink),
         Sharing(kLink, "summit.jpg", "3"));
  const sender::v1::Draft draft = TakenDraft();
  EXPECT_EQ(draft.subject(), "Hi");
  EXPECT_EQ(draft.text(), "Look");
  ASSERT_EQ(draft.attachments_size(), 1);
  EXPECT_EQ(draft.attachments(0).file_name(), "summit.jpg");
  EXPECT_EQ(draft.attachments(0).content_type(), "image/jpeg");
  bench.Settle();
  // The server's name comes before that of the link.
  Upload(kBobByMail, "m2", kLink, OutOfBand(kLink));
  EXPECT_EQ(TakenDraft(2).attachments(0).file_name(), "other.jpg");
}

TEST_F(Uploads, ALinkThatIsNoUploadStaysText) {
  bench.Write(kAnn, kBobByMail, "m1", kLink);
  EXPECT_EQ(TakenDraft().text(), kLink);
  EXPECT_TRUE(files.asked.empty());
}

TEST_F(Uploads, WhatCanNotGoAlongIsTold) {
  EXPECT_EQ(RefusedUpload(),
            "Not sent: the file is no longer where it was uploaded to. Upload it again.");
  files.Put(kLink, std::string((1 << 20) + 1, 'x'));
  EXPECT_EQ(RefusedUpload(),
            "Not sent: a mail may have 1 MiB of files at most. Mail a link instead.");
  files.failure = absl::PermissionDeniedError("http: the link leads to no public server");
  EXPECT_EQ(RefusedUpload(),
            "Not sent: the link to the file leads to a server that this gateway may not connect "
            "to.");
  files.failure = absl::AbortedError("http: status 403");
  EXPECT_NE(RefusedUpload().find("does not give it"), std::string::npos);
  EXPECT_NE(RefusedUpload("http://x.example/a").find("https://"), std::string::npos);
  files.failure = absl::OkStatus();
  files.Put(kLink, "abcd");
  Element message = Message(kBobByMail, "short", kLink);
  message.Add(Sharing(kLink, "summit.jpg", "3"));
  EXPECT_EQ(ErrorTextOf(bench.Ask(std::move(message))),
            "Not sent: the file has 4 bytes, but 3 were announced. Upload it again.");
  EXPECT_EQ(bench.sender.calls(), 0u);
}

TEST_F(Uploads, ADraftIsKeptUntilItsFileIsThere) {
  files.failure = absl::UnavailableError("http: not now");
  Upload(kBobByMail, "m1", kLink, OutOfBand(kLink));
  ASSERT_TRUE(bench.RunUntil([&] { return !files.asked.empty(); }));
  bench.Restart();
  files.failure = absl::OkStatus();
  files.Put(kLink, "abc");
  const sender::v1::Draft draft = TakenDraft();
  ASSERT_EQ(draft.attachments_size(), 1);
  EXPECT_EQ(draft.attachments(0).content(), "abc");
}

using UploadsAndPasswords = Passwords;

TEST_F(UploadsAndPasswords, AnUploadIsNotTakenForAPassword) {
  GetMailFromBob();
  BeAsked();
  Element message = Message(kWork, "m1", kLink);
  message.Add(OutOfBand(kLink));
  bench.Route(std::move(message));
  ASSERT_TRUE(bench.RunUntil([&] { return bench.sender.taken().size() == 1; }));
  EXPECT_EQ(bench.sender.taken().front().draft().text(), kLink);  // nothing is attached here
  EXPECT_EQ(Held(), "");
}

TEST(UploadDesk, BoundsAllFilesOfAMail) {
  boost::asio::io_context io;
  FakeFiles files;
  files.Put(kLink, std::string(60, 'x'));
  files.Put(kOther, std::string(40, 'x'));
  FileBudget budget(io.get_executor());
  UploadDesk desk(budget, &files, 100);
  google::protobuf::RepeatedPtrField<edge::v1::LinkedFile> links;
  links.Add()->set_url(kLink);
  links.Add()->set_url(kOther);
  const Words words("en");
  auto fetched = testing::Await(io, desk.Fetch(links, words));
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->attachments.size(), 2);
  links.Add()->set_url(kOther);
  EXPECT_EQ(testing::Await(io, desk.Fetch(links, words)).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(UploadDesk, WaitsWhileMemoryIsTaken) {
  boost::asio::io_context io;
  FakeFiles files;
  files.Put(kLink, "x");
  FileBudget budget(io.get_executor());
  UploadDesk desk(budget, &files, FileBudget::kMostBytes);
  google::protobuf::RepeatedPtrField<edge::v1::LinkedFile> links;
  links.Add()->set_url(kLink);
  const Words words("en");
  auto first = testing::Await(io, desk.Fetch(links, words));
  ASSERT_TRUE(first.ok()) << first.status();
  std::optional<absl::StatusOr<UploadDesk::Files>> second;
  boost::asio::co_spawn(io, desk.Fetch(links, words),
                        [&](std::exception_ptr, absl::StatusOr<UploadDesk::Files> files_of_it) {
                          second.emplace(std::move(files_of_it));
                        });
  io.restart();
  io.poll();
  EXPECT_FALSE(second.has_value());
  first->claim.reset();
  while (!second && io.run_one() > 0) {
  }
  ASSERT_TRUE(second.has_value());
  EXPECT_TRUE(second->ok());
}

}  // namespace
}  // namespace postern::xmpp_edge
