#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/xmpp-edge/data_form.h"
#include "services/xmpp-edge/features/command_list.h"
#include "tests/unit/xmpp-edge/feature_bench.h"

namespace postern::xmpp_edge {

// A user who runs ad-hoc commands.
struct CommandBench {
  using Values = std::map<std::string, std::vector<std::string>>;

  static Element Command(const std::string& node, const std::string& action,
                         const std::string& session) {
    Element command = MakeElement("command", kCommandsNs);
    command.Set("node", node);
    if (!action.empty()) command.Set("action", action);
    if (!session.empty()) command.Set("sessionid", session);
    return command;
  }

  static Element Form(const Values& values) {
    Element form = MakeElement("x", kDataFormNs);
    form.Set("type", "submit");
    for (const auto& [var, texts] : values) {
      Element field = MakeElement("field");
      field.Set("var", var);
      for (const std::string& text : texts) field.AddText("value", text);
      form.Add(std::move(field));
    }
    return form;
  }

  // The answer to the first step, and to the ones that go on with it.
  Element Execute(const std::string& to, const std::string& node) {
    return bench.AskIq("set", user, to, Command(node, "execute", ""));
  }
  Element Step(const Element& before, const std::string& action, const Values& values) {
    const Element& command = CommandOf(before);
    Element next =
        Command(std::string(command.Attr("node")), action, std::string(command.Attr("sessionid")));
    Values all = values;
    for (const auto& [var, value] : Hidden(before)) all[var] = {value};
    if (action != "cancel") next.Add(Form(all));
    return bench.AskIq("set", user, std::string(before.Attr("from")), std::move(next));
  }

  static const Element& CommandOf(const Element& answer) {
    static const Element none;
    const Element* command = answer.Child("command", kCommandsNs);
    return command == nullptr ? none : *command;
  }
  static std::string StatusOf(const Element& answer) {
    return std::string(CommandOf(answer).Attr("status"));
  }
  static std::string NoteOf(const Element& answer) { return CommandOf(answer).ChildText("note"); }
  static std::string TitleOf(const Element& answer) {
    const Element* form = CommandOf(answer).Child("x", kDataFormNs);
    return form == nullptr ? "" : form->ChildText("title");
  }
  static const Element* FieldOf(const Element& answer, const std::string& var) {
    const Element* form = CommandOf(answer).Child("x", kDataFormNs);
    if (form == nullptr) return nullptr;
    for (const Element& field : form->children) {
      if (field.name == "field" && field.Attr("var") == var) return &field;
    }
    return nullptr;
  }
  static std::map<std::string, std::string> Hidden(const Element& answer) {
    std::map<std::string, std::string> hidden;
    const Element* form = CommandOf(answer).Child("x", kDataFormNs);
    if (form == nullptr) return hidden;
    for (const Element& field : form->children) {
      if (field.Attr("type") != "hidden") continue;
      hidden[std::string(field.Attr("var"))] = field.ChildText("value");
    }
    return hidden;
  }
  static std::vector<std::string> OptionsOf(const Element& answer, const std::string& var) {
    std::vector<std::string> values;
    const Element* field = FieldOf(answer, var);
    if (field == nullptr) return values;
    for (const Element& child : field->children) {
      if (child.name == "option") values.push_back(child.ChildText("value"));
    }
    return values;
  }
  static std::vector<std::string> LabelsOf(const Element& answer, const std::string& var) {
    std::vector<std::string> labels;
    const Element* field = FieldOf(answer, var);
    if (field == nullptr) return labels;
    for (const Element& child : field->children) {
      if (child.name == "option") labels.emplace_back(child.Attr("label"));
    }
    return labels;
  }
  static std::string InstructionsOf(const Element& answer) {
    const Element* form = CommandOf(answer).Child("x", kDataFormNs);
    return form == nullptr ? "" : form->ChildText("instructions");
  }
  static std::vector<std::string> ValuesOf(const Element& answer, const std::string& var) {
    std::vector<std::string> values;
    const Element* field = FieldOf(answer, var);
    if (field == nullptr) return values;
    for (const Element& child : field->children) {
      if (child.name == "value") values.push_back(child.text);
    }
    return values;
  }
  // XEP-0050's own condition.
  static std::string OwnConditionOf(const Element& answer) {
    const Element* error = answer.Child("error");
    if (error == nullptr) return "";
    for (const Element& child : error->children) {
      if (child.ns == kCommandsNs) return child.name;
    }
    return "";
  }

  FeatureBench bench;
  std::string user = kAnn;
};

}  // namespace postern::xmpp_edge
