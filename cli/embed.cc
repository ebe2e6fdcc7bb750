// `unmask embed`: features of images or texts. The trainer does it, since this program never links
// libtorch.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include "cli/command.h"
#include "cli/out_path.h"
#include "coordinator/plan/model_source.h"

namespace unmask {
namespace {

// A positional takes words until it has so many. CLI11's usual way to take any number, which allows
// extra ones, would split an input that is called "[a,b]".
constexpr int kAnyNumber = 1 << 28;

struct EmbedArguments {
  std::string model;
  std::string out;
  std::string feature = "pooled";
  std::string precision = "float32";
  bool feature_given = false;
  bool text = false;
  std::vector<std::string> inputs;
};

// Whether something else than features stands there: a header's length and its first brace are at
// a safetensors file's beginning.
bool IsAnotherFile(const fs::path& path) {
  std::error_code not_there;
  if (!fs::is_regular_file(path, not_there)) return false;
  char beginning[9] = {};
  std::ifstream(path, std::ios::binary).read(beginning, sizeof beginning);
  return beginning[8] != '{' && fs::file_size(path, not_there) > 0;
}

// With `--out *.jpg` the shell makes the first picture the output.
Status CheckOut(const EmbedArguments& arguments) {
  std::vector<std::string> read;
  if (!arguments.text) read = arguments.inputs;
  std::error_code error;
  for (fs::directory_iterator file(arguments.model, error), end; file != end;
       file.increment(error)) {
    read.push_back(file->path().string());
  }
  UNMASK_TRY(CheckIsNoInput(arguments.out, read));
  if (fs::equivalent(FolderOf(arguments.out), arguments.model, error)) {
    return UsageError(
        "lies in the model's folder, where every safetensors file counts as its weights",
        "--out " + arguments.out, "a file in another folder");
  }
  if (!IsAnotherFile(arguments.out)) return {};
  return UsageError("would replace a file that is no safetensors", "--out " + arguments.out,
                    "a new file, or one of features");
}

// Of texts there is one kind of features, in float32.
Status CheckText(const EmbedArguments& arguments) {
  const std::string expected = "texts have projected features in float32";
  if (arguments.feature == "pooled" && arguments.feature_given) {
    return UsageError("not with --text", "--feature pooled", expected);
  }
  if (arguments.precision == "float32") return {};
  return UsageError("not with --text", "--precision " + arguments.precision, expected);
}

// Becomes the trainer; returns only where that fails.
Error BecomeTrainer(const EmbedArguments& arguments, const fs::path& trainer) {
  const Status model =
      CheckModelFolder({"--model", arguments.model, "openai/clip-vit-base-patch16"});
  if (!model.ok()) return model.error();
  if (arguments.text) {
    const Status text = CheckText(arguments);
    if (!text.ok()) return text.error();
  }
  const Status out = CheckOut(arguments);
  if (!out.ok()) return out.error();
  std::vector<std::string> words = {
      trainer.string(), "embed",     "--model",         arguments.model, "--out",
      arguments.out,    "--feature", arguments.feature, "--precision",   arguments.precision};
  if (arguments.text) words.emplace_back("--text");
  words.emplace_back("--");
  words.insert(words.end(), arguments.inputs.begin(), arguments.inputs.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execv(trainer.c_str(), pointers.data());
  return DataError(std::string("cannot run the trainer: ") + std::strerror(errno), trainer.string(),
                   "the program unmask-trainer beside unmask");
}

}  // namespace

void AddEmbedCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<EmbedArguments>();
  CLI::App* command = app.add_subcommand(
      "embed",
      "Features of images or texts by a pre-trained model, as safetensors; docs/backbones.md");
  command
      ->add_option("--model", arguments->model,
                   "Hugging Face folder of a CLIP, ViT or ResNet: config.json, model.safetensors")
      ->required();
  command->add_option("--out", arguments->out, "File to write: tensor `features` [inputs, width]")
      ->required()
      ->check(NamesAPlace);
  CLI::Option* feature =
      command->add_option("--feature", arguments->feature, "pooled, or projected (CLIP)");
  feature->check(CLI::IsMember({"pooled", "projected"}))->capture_default_str();
  command
      ->add_option("--precision", arguments->precision,
                   "float32, or bfloat16 where the processor multiplies it (docs/backbones.md)")
      ->check(CLI::IsMember({"float32", "bfloat16"}))
      ->capture_default_str();
  command->add_flag("--text", arguments->text,
                    "What follows are texts: CLIP's projected features of them");
  command->add_option("IMAGE", arguments->inputs, "JPEG, PNG, WebP or BMP files; or texts")
      ->required()
      ->take_all()
      ->allow_extra_args(false)
      ->expected(kAnyNumber, -1);
  command->footer("Example: unmask embed --model clip-vit-base-patch32 --out f.safetensors *.jpg");
  command->callback([arguments, feature, &context] {
    arguments->feature_given = feature->count() > 0;
    context.Fail(BecomeTrainer(*arguments, context.trainer()));
  });
}

}  // namespace unmask
