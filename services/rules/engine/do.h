#pragma once

#include "services/rules/engine/run.h"

// One function for each kind of statement; Do chooses. What a statement asks for and can't be is
// an error of the run, but for what only changes flags.
namespace postern::rules {

// do_state.cc: variables, flags, the header.
void DoSet(const SetVariable& statement, Run& run);
void DoFlags(const ChangeFlags& statement, Run& run);
void DoAddHeader(const AddHeader& statement, Run& run);
void DoDeleteHeader(const DeleteHeader& statement, Run& run);
void DoChangeBody(const ChangeBody& statement, Run& run);
void DoExtractText(const ExtractText& statement, Run& run);

// do_action.cc: what becomes an action.
void DoKeep(const Keep& statement, Run& run);
void DoFileInto(const FileInto& statement, Run& run);
void DoRedirect(const Redirect& statement, Run& run);
void DoVacation(const Vacation& statement, Run& run);
void DoReply(const Reply& statement, Run& run);
void DoNotify(const Notify& statement, Run& run);
void DoDeliver(const Deliver& statement, Run& run);
void DoHold(const Hold& statement, Run& run);
void DoRunProgram(const RunProgram& statement, Run& run);

}  // namespace postern::rules
