// Writes the corpora of the fuzz targets for checkpoints and run logs: files of the library itself and of other
// programs, and some that are almost right.
//
//   make_fuzz_corpus tests/fuzz/corpus

#include <eigentune/core/error.hpp>
#include <eigentune/train/checkpoint.hpp>
#include <eigentune/train/run_log.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/checkpoint_program.hpp"

namespace {

using namespace eigentune;
using Path = std::filesystem::path;
using Limits = std::numeric_limits<double>;

void write(const Path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file.flush()) throw Error(fmt::format("{}: cannot be written", path.string()));
}

/// A safetensors file as another program writes it: a header of any text, and so many bytes of data.
void write_safetensors_text(const Path& path, std::string_view header, std::size_t data_size) {
  std::string bytes;
  for (std::size_t i = 0; i < header_length_size; ++i) {
    bytes.push_back(static_cast<char>((header.size() >> (8 * i)) & 0xff));
  }
  bytes += header;
  for (std::size_t i = 0; i < data_size; ++i) bytes.push_back(static_cast<char>(i));
  write(path, bytes);
}

/// A file in which a text, which must be there, is another; its length and checksums are as they were.
void write_changed(const Path& from, const Path& path, std::string_view old_text, std::string_view new_text) {
  std::ifstream file(from, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  const std::size_t position = bytes.find(old_text);
  if (position == std::string::npos) throw Error(fmt::format("{}: expected \"{}\"", from.string(), old_text));
  write(path, bytes.replace(position, old_text.size(), new_text));
}

void write_checkpoints(const Path& folder) {
  fuzz::Program program;
  program.optimizer.step({.learning_rate = 0.5});
  save_checkpoint(folder / "plain", 3, std::nullopt, program.optimizer, program.extras);

  program.extras.value("seed", std::uint64_t{1} << 63).value("position", -7).value("temperature", Limits::infinity());
  program.extras.value("host", "a \"b\" \\c").schedule("cosine_decay(0.1, 100)");
  program.optimizer.accumulate();
  save_checkpoint(folder / "accumulating", 3, Limits::quiet_NaN(), program.optimizer, program.extras);

  const std::string step = R"("eigentune.step":")";
  write_changed(folder / "plain", folder / "step-huge", step + "3", step + "1e300");
  write_changed(folder / "plain", folder / "row-major", "column-major", "row-major");
  write_changed(folder / "plain", folder / "other-decay", "0.125", "0.25");
  write_changed(folder / "plain", folder / "without-options-of-one", R"(\"options\")", R"(\"no options\")");
  write_safetensors_text(folder / "empty", "{}", 0);
  write_safetensors_text(folder / "other-program",
                         R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},)"
                         R"("w":{"dtype":"F16","shape":[2,3],"data_offsets":[8,20]},)"
                         R"("n":{"dtype":"I64","shape":[],"data_offsets":[20,28]},)"
                         R"("none":{"dtype":"BF16","shape":[0,5],"data_offsets":[20,20]},)"
                         R"("mask":{"dtype":"BOOL","shape":[2,1,1],"data_offsets":[28,30]}}  )",
                         30);
  write_safetensors_text(folder / "hole", R"({"w":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]}})", 28);
  write_safetensors_text(folder / "shape-too-small", R"({"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,24]}})",
                         24);
  write_safetensors_text(
      folder / "overlap",
      R"({"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
      8);
  write_safetensors_text(folder / "too-large",
                         R"({"w":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}})", 0);
  write_safetensors_text(folder / "nested", R"({"__metadata__":{"a":[[[[[[[[[[1]]]]]]]]]]}})", 0);
  write(folder / "huge-header", std::string(8, '\xff') + "{}");
  write(folder / "cut-in-length", std::string(7, '\0'));
}

void write_run_logs(const Path& folder) {
  for (const RunLogFormat format : {RunLogFormat::csv, RunLogFormat::json_lines}) {
    RunLog log(folder / (format == RunLogFormat::csv ? "csv" : "json"),
               {.format = format, .metrics = {"top5_error", "a b:c"}, .overwrite = true});
    log.add(0, {.validation_loss = 2.302585092994046, .validation_error = 0.9});
    log.add(50, {.training_loss = Limits::infinity(), .gradient_norm = Limits::quiet_NaN(), .clip_scale = 0.25});
    log.add(std::numeric_limits<std::int64_t>::max(),
            {.learning_rate = 5e-324, .examples_per_second = 1e300, .metrics = {{"top5_error", -0.0}}});
  }
  const std::string header = run_log_format::csv_header({}) + '\n';
  write(folder / "empty", "");
  write(folder / "csv-header", header);
  write(folder / "csv-header-torn", header.substr(0, 40));
  write(folder / "csv-row-torn", header + "1,2,,,,,,\n2,0.");
  write(folder / "csv-step-twice", header + "1,2,,,,,,\n1,2,,,,,,\n");
  write(folder / "csv-fields", header + "1,2,,,,,,,\n");
  write(folder / "csv-numbers", header + "1,1e999,0x10,+1,-infinity,nan(0),-nan,.5\n");
  write(folder / "csv-carriage-return", header + "1,2,,,,,,\r\n");
  write(folder / "json-torn", R"({"step":1})"
                              "\n"
                              R"({"step":2,"training_l)");
  write(folder / "json-key-twice", "{\"step\":1,\"step\":2}\n");
  write(folder / "json-nested", "{\"step\":1,\"a\":{\"b\":[1]}}\n");
  write(folder / "json-numbers", "{\"step\":1,\"a\":1e400,\"b\":true,\"c\":\"inf\",\"d\":\"Infinity\"}\n");
  write(folder / "json-escapes", "{\"step\":1,\"a\\u002cb\":1,\"\\ud83d\\ude00\":2}\n");
  write(folder / "json-step", "{\"step\":18446744073709551615}\n");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw Error("make_fuzz_corpus takes the folder of the corpora");
    const Path corpus = argv[1];
    for (const char* name : {"checkpoint", "run_log"}) std::filesystem::create_directories(corpus / name);
    write_checkpoints(corpus / "checkpoint");
    write_run_logs(corpus / "run_log");
    return 0;
  } catch (const std::exception& error) {
    std::fputs(fmt::format("{}\n", error.what()).c_str(), stderr);
    return 1;
  }
}
