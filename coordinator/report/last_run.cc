#include "coordinator/report/last_run.h"

#include <algorithm>
#include <string_view>

#include "common/base/text.h"

namespace unmask {
namespace {

std::string Quoted(const std::string& word) {
  constexpr std::string_view kPlain = "-_./=,:+@%";
  const bool plain = !word.empty() && std::ranges::all_of(word, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kPlain.find(c) != std::string_view::npos;
  });
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace

nlohmann::json LastRun(const std::string& provenance_json) {
  const auto provenance = nlohmann::json::parse(provenance_json, nullptr, false);
  if (!provenance.is_object()) return nullptr;
  nlohmann::json run = nlohmann::json::object();
  for (const char* key : {"folder", "config", "overrides", "experiments", "held_out"}) {
    if (provenance.contains(key)) run[key] = provenance[key];
  }
  return run;
}

std::vector<std::string> WordsOf(const nlohmann::json& last_run, const char* key) {
  if (!last_run.is_object()) return {};
  const auto found = last_run.find(key);
  if (found == last_run.end() || !found->is_array()) return {};
  std::vector<std::string> words;
  for (const auto& word : *found) {
    if (word.is_string()) words.push_back(word.get<std::string>());
  }
  return words;
}

std::string RunCommand(const nlohmann::json& last_run, const fs::path& store) {
  if (!last_run.is_object()) return "";
  const std::string config = last_run.value("config", "");
  if (config.empty()) return "";
  std::vector<std::string> words = {"unmask", "--store", fs::absolute(store).string(), "run",
                                    config};
  for (const std::string& word : WordsOf(last_run, "overrides")) words.push_back(word);
  for (const std::string& name : WordsOf(last_run, "experiments")) {
    words.insert(words.end(), {"--experiment", name});
  }
  for (std::string& word : words) word = Quoted(word);
  const std::string folder = last_run.value("folder", "");
  return (folder.empty() ? "" : "cd " + Quoted(folder) + " && ") + Join(words, " ");
}

}  // namespace unmask
