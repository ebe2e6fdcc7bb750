#include "worker/clip_text/tokenizer.h"

#include <algorithm>
#include <array>

#include "worker/clip_text/unicode.h"

namespace unmask {

ClipTokenizer::ClipTokenizer(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {
  const auto& ids = vocabulary_.ids;
  std::size_t rank = 0;
  for (const auto& [left, right] : vocabulary_.merges) {
    merges_[{ids.at(left), ids.at(right)}] = {rank++, ids.at(left + right)};
  }
}

TokenIds ClipTokenizer::Tokens(std::string_view text) const {
  const std::array<std::pair<std::string_view, std::int32_t>, 2> special = {
      {{kStartOfText, vocabulary_.start}, {kEndOfText, vocabulary_.end}}};
  TokenIds tokens;
  while (true) {
    const auto at = [&](const auto& one) { return text.find(one.first); };
    const auto& next =
        *std::min_element(special.begin(), special.end(),
                          [&](const auto& one, const auto& other) { return at(one) < at(other); });
    AddText(text.substr(0, at(next)), tokens);
    if (at(next) == std::string_view::npos) return tokens;
    tokens.push_back(next.second);
    text.remove_prefix(at(next) + next.first.size());
  }
}

TokenIds ClipTokenizer::Encode(std::string_view text, std::size_t most) const {
  UNMASK_CHECK(most >= 2);
  TokenIds tokens = Tokens(text);
  tokens.resize(std::min(tokens.size(), most - 2));
  tokens.insert(tokens.begin(), vocabulary_.start);
  tokens.push_back(vocabulary_.end);
  return tokens;
}

void ClipTokenizer::AddText(std::string_view text, TokenIds& tokens) const {
  for (const std::string& word : WordsOf(NormalText(text))) AddWord(word, tokens);
}

TokenIds ClipTokenizer::BytesOf(std::string_view word) const {
  TokenIds parts;
  for (std::size_t i = 0; i < word.size(); ++i) {
    std::string token = SpellingOf(static_cast<unsigned char>(word[i]));
    if (i + 1 == word.size()) token += kEndOfWord;
    const auto found = vocabulary_.ids.find(token);
    // What a small vocabulary lacks is <|endoftext|>, CLIP's unknown token.
    parts.push_back(found == vocabulary_.ids.end() ? vocabulary_.end : found->second);
  }
  return parts;
}

// Of all neighbours that may merge, the pair that was learnt first does, wherever it stands, from
// left to right; until none may.
void ClipTokenizer::AddWord(std::string_view word, TokenIds& tokens) const {
  TokenIds parts = BytesOf(word);
  while (true) {
    auto best = merges_.end();
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto found = merges_.find({parts[i], parts[i + 1]});
      if (found == merges_.end()) continue;
      if (best == merges_.end() || found->second.rank < best->second.rank) best = found;
    }
    if (best == merges_.end()) break;
    const auto& [pair, merge] = *best;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < parts.size(); ++kept) {
      const bool merged = i + 1 < parts.size() && pair == std::pair(parts[i], parts[i + 1]);
      parts[kept] = merged ? merge.made : parts[i];
      i += merged ? 2 : 1;
    }
    parts.resize(kept);
  }
  tokens.insert(tokens.end(), parts.begin(), parts.end());
}

}  // namespace unmask
