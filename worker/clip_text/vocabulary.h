// The vocabulary of a byte-level BPE tokenizer (Sennrich et al. 2016), as CLIP has it.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/files.h"

namespace unmask {

struct Vocabulary {
  std::unordered_map<std::string, std::int32_t> ids;        // of tokens, in BPE's spelling of bytes
  std::vector<std::pair<std::string, std::string>> merges;  // the first comes first
  std::int32_t start = 0;                                   // <|startoftext|>
  std::int32_t end = 0;                                     // <|endoftext|>
};

inline constexpr const char* kStartOfText = "<|startoftext|>";
inline constexpr const char* kEndOfText = "<|endoftext|>";
inline constexpr const char* kEndOfWord = "</w>";

// OpenAI's list of merges, which ./dev installs; the build puts it beside the programs.
inline constexpr const char* kStandardMergesFile = "clip-merges.txt";

// Of a Hugging Face folder: vocab.json and merges.txt, or tokenizer.json; where it has neither,
// CLIP's own, from the file `standard`.
Result<Vocabulary> ReadVocabulary(const fs::path& folder, const fs::path& standard);

// CLIP's own: 49408 tokens.
Result<Vocabulary> ReadStandardVocabulary(const fs::path& standard);

// BPE's spelling of a byte: itself where that is a printable character of Latin-1, else one from
// U+0100 on. UTF-8.
const std::string& SpellingOf(unsigned char byte);

}  // namespace unmask
