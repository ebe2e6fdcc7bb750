// What a model needs to tell classes by CLIP's text side: the model's parts and its tokenizer, and
// the prompts that stand for classes.
#pragma once

#include "common/config/settings.h"
#include "worker/backbone/text_model.h"
#include "worker/clip_text/tokenizer.h"

namespace unmask {

// Tokens that a prompt learns for a task: CoOp's own number.
inline constexpr std::int64_t kContextTokens = 16;

struct TextSide {
  TextParts parts;
  ClipTokenizer tokenizer;
};

// Of a CLIP folder; `standard` is where CLIP's own vocabulary lies (vocabulary.h).
Result<std::shared_ptr<const TextSide>> OpenTextSide(const fs::path& folder,
                                                     const fs::path& standard);

// MFED's abbreviations (an, di, fe, ha, sa, su) as words; any other name as it is, with blanks for
// underscores.
std::string WordOf(std::string_view class_name);

// "a photo of a person who feels anger.", "a photo of a face showing anger."
std::string ZeroShotPrompt(Task task, std::string_view class_name);

struct Prompt {
  TokenIds tokens;       // with start and end
  std::int64_t end = 0;  // where the features are taken
};

// One a class. Errors: what model and tokenizer do not agree on, and two classes of one prompt.
Result<std::vector<Prompt>> ZeroShotPrompts(const TextSide& text, Task task,
                                            const std::vector<std::string>& classes);

// Start, `context` places for learnt tokens (end tokens until they are filled), the class's word
// and a full stop, end.
Result<std::vector<Prompt>> LearntPrompts(const TextSide& text, std::int64_t context,
                                          const std::vector<std::string>& classes);

}  // namespace unmask
