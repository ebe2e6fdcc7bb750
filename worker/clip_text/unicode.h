// What CLIP's tokenizer does to text before it looks anything up: normal form, and pieces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unmask {

// NFC, each run of white space one blank, lower case; in this order, as the tokenizers of
// Hugging Face do it. Bytes that are not UTF-8 become U+FFFD.
std::string NormalText(std::string_view text);

// The words of normal text: contractions ('s, 't, 're, 've, 'm, 'll, 'd), runs of letters, single
// numbers, runs of anything else but white space. White space is dropped.
std::vector<std::string> WordsOf(std::string_view normal);

}  // namespace unmask
