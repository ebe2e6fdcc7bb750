#include "worker/clip_text/text_side.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "common/base/text.h"

namespace unmask {
namespace {

constexpr std::int64_t kWordTokens = 3;  // that a learnt prompt must have room for

Result<Prompt> Checked(TokenIds tokens, const TextConfig& config) {
  UNMASK_ASSIGN(const std::int64_t end, EndOfTokens(tokens, config));
  return Prompt{std::move(tokens), end};
}

// Features are taken at the end, where only what stands before it is known: classes whose prompts
// are equal so far are one class.
Status CheckDiffer(const std::vector<Prompt>& prompts, const std::vector<std::string>& classes,
                   const TextConfig& config) {
  std::map<TokenIds, std::string> seen;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const auto begin = prompts[i].tokens.begin();
    const auto [same, is_new] =
        seen.try_emplace(TokenIds(begin, begin + prompts[i].end + 1), classes[i]);
    if (is_new) continue;
    return DataError(
        fmt::format("classes '{}' and '{}' have the same prompt", Beginning(same->second),
                    Beginning(classes[i])),
        "max_position_embeddings",
        fmt::format("names that the tokenizer tells apart within {} tokens", config.positions));
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const TextSide>> OpenTextSide(const fs::path& folder,
                                                     const fs::path& standard) {
  UNMASK_ASSIGN(TextParts parts, OpenTextModel(folder));
  UNMASK_ASSIGN(Vocabulary vocabulary, ReadVocabulary(folder, standard));
  return std::shared_ptr<const TextSide>(
      std::make_shared<TextSide>(TextSide{std::move(parts), ClipTokenizer(std::move(vocabulary))}));
}

std::string WordOf(std::string_view class_name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kWords = {
      {{"an", "anger"},
       {"di", "disgust"},
       {"fe", "fear"},
       {"ha", "happiness"},
       {"sa", "sadness"},
       {"su", "surprise"}}};
  for (const auto& [abbreviation, word] : kWords) {
    if (class_name == abbreviation) return std::string(word);
  }
  std::string word(class_name);
  std::replace(word.begin(), word.end(), '_', ' ');
  return word;
}

std::string ZeroShotPrompt(Task task, std::string_view class_name) {
  const std::string word = WordOf(class_name);
  return task == Task::kTer ? fmt::format("a photo of a person who feels {}.", word)
                            : fmt::format("a photo of a face showing {}.", word);
}

Result<std::vector<Prompt>> ZeroShotPrompts(const TextSide& text, Task task,
                                            const std::vector<std::string>& classes) {
  const auto most = static_cast<std::size_t>(text.parts.config.positions);
  std::vector<Prompt> prompts;
  prompts.reserve(classes.size());
  for (const std::string& name : classes) {
    UNMASK_ASSIGN(Prompt prompt, Checked(text.tokenizer.Encode(ZeroShotPrompt(task, name), most),
                                         text.parts.config));
    prompts.push_back(std::move(prompt));
  }
  UNMASK_TRY(CheckDiffer(prompts, classes, text.parts.config));
  return prompts;
}

Result<std::vector<Prompt>> LearntPrompts(const TextSide& text, std::int64_t context,
                                          const std::vector<std::string>& classes) {
  const std::int64_t room = text.parts.config.positions - context;
  if (room < kWordTokens + 2) {
    return DataError(
        fmt::format("{} learnt tokens in texts of {}", context, text.parts.config.positions),
        "max_position_embeddings", fmt::format("at least {} others", kWordTokens + 2));
  }
  std::vector<Prompt> prompts;
  prompts.reserve(classes.size());
  for (const std::string& name : classes) {
    const auto most = static_cast<std::size_t>(room);
    UNMASK_ASSIGN(Prompt prompt,
                  Checked(text.tokenizer.Encode(WordOf(name) + ".", most), text.parts.config));
    const auto places = static_cast<std::size_t>(context);
    prompt.tokens.insert(prompt.tokens.begin() + 1, places, text.tokenizer.end());
    prompt.end += context;
    prompts.push_back(std::move(prompt));
  }
  UNMASK_TRY(CheckDiffer(prompts, classes, text.parts.config));
  return prompts;
}

}  // namespace unmask
