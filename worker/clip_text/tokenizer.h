// CLIP's tokenizer: text to the numbers that its text transformer reads, as CLIPTokenizer of
// Hugging Face transformers makes them. Immutable; any number of threads may use it.
#pragma once

#include <map>

#include "worker/clip_text/vocabulary.h"

namespace unmask {

using TokenIds = std::vector<std::int32_t>;

class ClipTokenizer {
 public:
  explicit ClipTokenizer(Vocabulary vocabulary);

  // Without start and end. <|startoftext|> and <|endoftext|> within the text are those tokens.
  TokenIds Tokens(std::string_view text) const;

  // With start and end; cut where there would be more than `most` (at least 2).
  TokenIds Encode(std::string_view text, std::size_t most) const;

  std::int32_t end() const { return vocabulary_.end; }

 private:
  struct Merge {
    std::size_t rank = 0;
    std::int32_t made = 0;
  };
  void AddText(std::string_view text, TokenIds& tokens) const;
  TokenIds BytesOf(std::string_view word) const;
  void AddWord(std::string_view word, TokenIds& tokens) const;

  Vocabulary vocabulary_;
  std::map<std::pair<std::int32_t, std::int32_t>, Merge> merges_;
};

}  // namespace unmask
