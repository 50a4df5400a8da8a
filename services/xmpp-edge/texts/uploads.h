#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/xmpp-edge/words.h"

// Files that users upload, which become attachments (uploaded_file, upload_desk).
namespace postern::xmpp_edge::texts {

inline std::string HowToAttach(const Words& words) {
  return words.Say("A file that your client uploads becomes an attachment.");
}
inline std::string EncryptedUpload(const Words& words) {
  return words.Say("Not sent: encrypted files can't be mailed. Send it unencrypted.");
}
inline std::string UploadIsNotHttps(const Words& words) {
  return words.Say("Not sent: files can only be attached from links that begin with https://.");
}
inline std::string UploadLinkUnreadable(const Words& words) {
  return words.Say("Not sent: the link to the file can't be read. Upload the file again.");
}
inline std::string TooManyUploads(const Words& words, size_t most) {
  return words.Say("Not sent: a message may have $0 files at most. Send the others by themselves.",
                   most);
}
inline std::string UploadTooLarge(const Words& words, size_t megabytes) {
  return words.Say("Not sent: a mail may have $0 MiB of files at most. Mail a link instead.",
                   megabytes);
}
inline std::string UploadIsGone(const Words& words) {
  return words.Say("Not sent: the file is no longer where it was uploaded to. Upload it again.");
}
inline std::string UploadNotAllowed(const Words& words) {
  return words.Say(
      "Not sent: the link to the file leads to a server that this gateway may not connect to.");
}
inline std::string UploadRefused(const Words& words) {
  return words.Say(
      "Not sent: the server that has the file does not give it to this gateway. Upload it again.");
}
inline std::string UploadIsAnother(const Words& words, uint64_t found, uint64_t told) {
  return words.Say("Not sent: the file has $0 bytes, but $1 were announced. Upload it again.",
                   found, told);
}
inline std::string UploadNotReached(const Words& words) {
  return words.Say(
      "Not sent: the server that has the file can't be reached, or its certificate is not valid. "
      "Try again in a few minutes.");
}

}  // namespace postern::xmpp_edge::texts
