#include "worker/clip_text/vocabulary.h"

#include <fmt/format.h>

#include <array>

#include "common/base/parse_json.h"
#include "common/base/text.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kFileBytesMax = 64 << 20;
// Tokens: 256 bytes, 256 that end a word, the merges, and the two special ones: 49408.
constexpr std::size_t kStandardMerges = 49152 - 256 - 2;

bool IsPrintable(unsigned byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

std::string Utf8OfTwoBytes(unsigned code) {  // below U+0800
  if (code < 0x80) return {static_cast<char>(code)};
  return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
}

std::array<std::string, 256> MakeSpellings() {
  std::array<std::string, 256> spellings;
  unsigned other = 256;
  for (unsigned byte = 0; byte < 256; ++byte) {
    spellings[byte] = Utf8OfTwoBytes(IsPrintable(byte) ? byte : other++);
  }
  return spellings;
}

// "in g</w>"
Result<std::pair<std::string, std::string>> ParseMerge(std::string_view line,
                                                       const std::string& where) {
  const std::size_t blank = line.find(' ');
  const bool two = blank != std::string_view::npos && blank > 0 && blank + 1 < line.size() &&
                   line.find(' ', blank + 1) == std::string_view::npos;
  if (two)
    return std::pair(std::string(line.substr(0, blank)), std::string(line.substr(blank + 1)));
  return DataError(fmt::format("'{}' is no merge", Beginning(line)), where,
                   "two tokens with a blank between them");
}

Status ParseMerges(std::string_view text, const std::string& where, Vocabulary& vocabulary) {
  std::size_t number = 0;
  for (const std::string& untrimmed : Split(text, '\n')) {
    ++number;
    std::string_view line = untrimmed;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with("#version")) continue;
    UNMASK_ASSIGN(auto merge, ParseMerge(line, fmt::format("{}:{}", where, number)));
    vocabulary.merges.push_back(std::move(merge));
  }
  return {};
}

Status ReadIds(const Json& json, const std::string& where, Vocabulary& vocabulary) {
  if (!json.is_object()) return DataError("no vocabulary", where, "an object of tokens");
  for (const auto& [token, id] : json.items()) {
    const bool good = id.is_number_integer() && id >= 0 && id < (1 << 24);
    if (!good) {
      return DataError(fmt::format("token '{}' has no number", Beginning(token)), where,
                       "whole numbers from 0");
    }
    vocabulary.ids.emplace(token, id.get<std::int32_t>());
  }
  return {};
}

// Of tokenizer.json: "a b", or since 2024 ["a", "b"].
Status ReadMerges(const Json& json, const std::string& where, Vocabulary& vocabulary) {
  if (!json.is_array()) return DataError("no merges", where, "a list of pairs of tokens");
  for (const Json& item : json) {
    const bool pair =
        item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string();
    if (pair) {
      vocabulary.merges.emplace_back(item[0].get<std::string>(), item[1].get<std::string>());
      continue;
    }
    if (!item.is_string())
      return DataError("no merge: " + ShownJson(item), where, "a pair of tokens");
    UNMASK_ASSIGN(auto merge, ParseMerge(item.get<std::string>(), where));
    vocabulary.merges.push_back(std::move(merge));
  }
  return {};
}

// The special tokens are there, and every merge makes a token of tokens.
Result<Vocabulary> Checked(Vocabulary vocabulary, const std::string& where) {
  const auto& ids = vocabulary.ids;
  for (const auto& [left, right] : vocabulary.merges) {
    for (const std::string& token : {left, right, left + right}) {
      if (ids.contains(token)) continue;
      return DataError(fmt::format("'{}' of the merge '{} {}' is no token", Beginning(token),
                                   Beginning(left), Beginning(right)),
                       where, "a vocabulary and merges that belong together");
    }
  }
  for (const char* token : {kStartOfText, kEndOfText}) {
    if (!ids.contains(token)) return DataError(fmt::format("no token {}", token), where, "CLIP's");
  }
  vocabulary.start = ids.at(kStartOfText);
  vocabulary.end = ids.at(kEndOfText);
  return vocabulary;
}

Result<Json> ReadJson(const fs::path& path) {
  UNMASK_ASSIGN(const std::string text, ReadFile(path, kFileBytesMax));
  return ParseJsonObject(text, path.string(), "a tokenizer's file");
}

Result<Vocabulary> ReadTwoFiles(const fs::path& vocab, const fs::path& merges) {
  Vocabulary vocabulary;
  UNMASK_ASSIGN(const Json json, ReadJson(vocab));
  UNMASK_TRY(ReadIds(json, vocab.string(), vocabulary));
  UNMASK_ASSIGN(const std::string text, ReadFile(merges, kFileBytesMax));
  UNMASK_TRY(ParseMerges(text, merges.string(), vocabulary));
  return Checked(std::move(vocabulary), vocab.string());
}

Result<Vocabulary> ReadTokenizerJson(const fs::path& path) {
  UNMASK_ASSIGN(const Json json, ReadJson(path));
  const Json model = json.value("model", Json::object());
  if (!model.is_object()) return DataError("'model' is no object", path.string(), "a BPE model");
  Vocabulary vocabulary;
  UNMASK_TRY(ReadIds(model.value("vocab", Json()), path.string(), vocabulary));
  UNMASK_TRY(ReadMerges(model.value("merges", Json()), path.string(), vocabulary));
  return Checked(std::move(vocabulary), path.string());
}

}  // namespace

const std::string& SpellingOf(unsigned char byte) {
  static const std::array<std::string, 256> spellings = MakeSpellings();
  return spellings[byte];
}

Result<Vocabulary> ReadStandardVocabulary(const fs::path& standard) {
  UNMASK_ASSIGN(const std::string text, ReadFile(standard, kFileBytesMax));
  const std::size_t header = text.find('\n');
  Vocabulary vocabulary;
  UNMASK_TRY(ParseMerges(std::string_view(text).substr(std::min(header, text.size())),
                         standard.string(), vocabulary));
  if (vocabulary.merges.size() < kStandardMerges) {
    return DataError(fmt::format("{} merges", vocabulary.merges.size()), standard.string(),
                     "CLIP's list of merges, as ./dev build installs it");
  }
  vocabulary.merges.resize(kStandardMerges);
  std::int32_t next = 0;
  const auto add = [&](const std::string& token) { vocabulary.ids.emplace(token, next++); };
  for (const char* suffix : {"", kEndOfWord}) {
    for (const bool printable : {true, false}) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        if (IsPrintable(byte) == printable)
          add(SpellingOf(static_cast<unsigned char>(byte)) + suffix);
      }
    }
  }
  for (const auto& [left, right] : vocabulary.merges) add(left + right);
  add(kStartOfText);
  add(kEndOfText);
  return Checked(std::move(vocabulary), standard.string());
}

Result<Vocabulary> ReadVocabulary(const fs::path& folder, const fs::path& standard) {
  const fs::path vocab = folder / "vocab.json";
  const fs::path merges = folder / "merges.txt";
  const fs::path tokenizer = folder / "tokenizer.json";
  if (IsThere(vocab) && IsThere(merges)) return ReadTwoFiles(vocab, merges);
  if (IsThere(tokenizer)) return ReadTokenizerJson(tokenizer);
  return ReadStandardVocabulary(standard);
}

}  // namespace unmask
