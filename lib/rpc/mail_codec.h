#pragma once

#include "lib/mail/mail.h"
#include "lib/words/wording.h"
#include "postern/mail/v1/mail.pb.h"

namespace postern::rpc {

// Between the wire contract and the plain struct; nothing is lost either way.
mail::v1::Mail ToProto(const mail::Mail& mail);
mail::Mail FromProto(const mail::v1::Mail& proto);
mail::v1::Address ToProto(const mail::Address& address);
mail::Address FromProto(const mail::v1::Address& proto);
mail::v1::Wording ToProto(const words::Wording& wording);
words::Wording FromProto(const mail::v1::Wording& proto);

}  // namespace postern::rpc
