#include "worker/clip_text/unicode.h"

#include <utf8proc.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "common/base/check.h"

namespace unmask {
namespace {

using CodePoint = std::int32_t;
using Text = std::vector<CodePoint>;

constexpr CodePoint kReplacement = 0xFFFD;
constexpr CodePoint kDottedCapitalI = 0x130;
constexpr CodePoint kDotAbove = 0x307;

Text Decode(std::string_view bytes) {
  Text text;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(bytes.data());
  auto left = static_cast<utf8proc_ssize_t>(bytes.size());
  while (left > 0) {
    CodePoint code = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(at, left, &code);
    text.push_back(used > 0 ? code : kReplacement);
    at += used > 0 ? used : 1;
    left -= used > 0 ? used : 1;
  }
  return text;
}

std::string Encode(const Text& text, std::size_t first, std::size_t last) {
  std::string bytes;
  for (std::size_t i = first; i < last; ++i) {
    std::array<utf8proc_uint8_t, 4> encoded{};
    const utf8proc_ssize_t used = utf8proc_encode_char(text[i], encoded.data());
    bytes.append(reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(used));
  }
  return bytes;
}

// NFC, of whatever bytes.
Text Compose(std::string_view bytes) {
  const Text given = Decode(bytes);
  const std::string valid = Encode(given, 0, given.size());
  utf8proc_uint8_t* composed = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(valid.data()),
                   static_cast<utf8proc_ssize_t>(valid.size()), &composed,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  UNMASK_CHECK(size >= 0);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(composed, &std::free);
  return Decode({reinterpret_cast<const char*>(composed), static_cast<std::size_t>(size)});
}

enum class Kind { kSpace, kLetter, kNumber, kOther };

Kind KindOf(CodePoint code) {
  // White space that has no category of its own.
  if ((code >= 0x9 && code <= 0xD) || code == 0x85) return Kind::kSpace;
  const utf8proc_category_t category = utf8proc_category(code);
  const auto within = [&](utf8proc_category_t first, utf8proc_category_t last) {
    return category >= first && category <= last;
  };
  if (within(UTF8PROC_CATEGORY_ZS, UTF8PROC_CATEGORY_ZP)) return Kind::kSpace;
  if (within(UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LO)) return Kind::kLetter;
  return within(UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO) ? Kind::kNumber : Kind::kOther;
}

void AppendLower(CodePoint code, Text& text) {
  if (code == kDottedCapitalI) {  // the one letter that becomes two, whatever the language
    text.insert(text.end(), {'i', kDotAbove});
  } else {
    text.push_back(utf8proc_tolower(code));
  }
}

// The one of `words` that stands at `at`; empty: none does.
template <std::size_t N>
std::string_view Standing(const std::array<std::string_view, N>& words, const Text& text,
                          std::size_t at) {
  for (const std::string_view word : words) {
    std::size_t same = 0;
    while (same < word.size() && at + same < text.size() && text[at + same] == word[same]) ++same;
    if (same == word.size()) return word;
  }
  return {};
}

std::size_t WordLength(const Text& text, std::size_t at) {
  constexpr std::array<std::string_view, 7> kContractions = {"'s", "'t",  "'re", "'ve",
                                                             "'m", "'ll", "'d"};
  const std::string_view contraction = Standing(kContractions, text, at);
  if (!contraction.empty()) return contraction.size();
  const Kind kind = KindOf(text[at]);
  if (kind == Kind::kNumber) return 1;
  std::size_t end = at + 1;
  while (end < text.size() && KindOf(text[end]) == kind) ++end;
  return end - at;
}

}  // namespace

std::string NormalText(std::string_view text) {
  Text normal;
  bool after_space = false;
  for (const CodePoint code : Compose(text)) {
    const bool space = KindOf(code) == Kind::kSpace;
    if (!space) AppendLower(code, normal);
    if (space && !after_space) normal.push_back(' ');
    after_space = space;
  }
  return Encode(normal, 0, normal.size());
}

std::vector<std::string> WordsOf(std::string_view normal) {
  // Which lower-casing can make. They are found whole, and then cut by the rules of all words.
  constexpr std::array<std::string_view, 2> kSpecial = {"<|startoftext|>", "<|endoftext|>"};
  const Text text = Decode(normal);
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view special = Standing(kSpecial, text, at);
    if (!special.empty()) {
      words.insert(words.end(), {"<|", std::string(special.substr(2, special.size() - 4)), "|>"});
      at += special.size();
      continue;
    }
    const std::size_t end = at + WordLength(text, at);
    if (KindOf(text[at]) != Kind::kSpace) words.push_back(Encode(text, at, end));
    at = end;
  }
  return words;
}

}  // namespace unmask
