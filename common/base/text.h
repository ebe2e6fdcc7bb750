// Small text functions: escaping, numbers, nearest names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unmask {

// Control characters (C0, DEL, C1 as UTF-8) and invalid UTF-8 bytes as \xHH, newline as \n: safe on
// a terminal.
std::string EscapeControl(std::string_view text);

// The same for people's eyes: the invisible characters that reorder what stands around them
// (bidirectional embeddings, overrides and isolates) too, as \uHHHH. Marks of a language stay.
std::string VisibleText(std::string_view text);

// The first bytes, and "..." where more follow; a character is not cut. For errors that show what a
// file says.
std::string Beginning(std::string_view text, std::size_t bytes = 80);

// Whether the bytes are well-formed UTF-8 (no overlong forms, no surrogates).
bool IsUtf8(std::string_view text);

// The shortest decimal that reads back as the same number ("0.1", "1", "5e-04" never: "0.0005").
std::string ShortestReal(double value);

// Whole-text parses; nullopt where anything is left over, out of range or not finite.
std::optional<std::int64_t> ParseInt(std::string_view text);
std::optional<double> ParseReal(std::string_view text);

// The candidate with the least edit distance, if it is near enough to be a typing error.
std::optional<std::string> NearestName(std::string_view name,
                                       const std::vector<std::string>& candidates);

// " did you mean 'x'?" style hint, or `otherwise` where nothing is near.
std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates,
                       std::string_view otherwise = "");

std::vector<std::string> Split(std::string_view text, char separator);
std::string_view Trim(std::string_view text);
std::string Join(const std::vector<std::string>& parts, std::string_view separator);
std::string ToLower(std::string_view text);

}  // namespace unmask
