// The model as kernels and streams, before anything has a place on the wafer.
//
// A kernel is what one tile will do; a stream is what will be one color along one tree. Every message that a
// kernel sends for a token is listed with the golden tensor's elements it carries, and every stream a kernel
// receives with where the payloads go, so that image, checker and deadlock check read the same facts.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "host/compiler/partition.h"
#include "host/compiler/shape.h"
#include "host/golden/trace.h"

namespace tessera {

// ---- what one kernel holds of the model

struct EmbeddingWork {
  int first_row = 0, rows = 0;  // token ids
  int row_bytes = 0;
  int stripes = 0;
};

struct RopeWork {
  int first_position = 0, positions = 0;
  int row_bytes = 0;
};

struct StripeWork {
  int first_block = 0, blocks = 0;  // of 32 elements of the residual stream
  int sisters = 0;
  bool adds = false;      // rows of a linear come besides x
  bool forwards = false;  // x goes on to another norm
};

struct LinearWork {
  int kind = 0;                      // firmware::linear_kind_t
  int first_group = 0, groups = 0;   // of 16 rows, in the operator's row order
  int first_block = 0, blocks = 0;   // of the input: what this tile has of it
  int block_length = 0;
  bool partial = false;              // its sums are for a sister that has other blocks of the same rows
  int partials = 0;                  // sisters whose sums it adds to its own
  int sends = 0;                     // row messages a token
  int mx_colors = 0;                 // of a hidden linear
  bool bias = false;
};

struct AttentionWork {
  int kv_head = 0;
  int first_query_head = 0, query_heads = 0;
  int head_length = 0;
  int slots = 0, context = 0;  // context: whole panels of 16 positions
  int mx_colors = 0;
};

struct LogitsWork {
  int first_row = 0, rows = 0;  // token ids
  int blocks = 0;
};

struct ArgmaxWork {
  int tiles = 0;  // whose winners it joins
};

using Work =
    std::variant<EmbeddingWork, RopeWork, StripeWork, LinearWork, AttentionWork, LogitsWork, ArgmaxWork>;

// The binary that does the work: "embedding", "rope", "stripe", "linear", "attention", "logits", "argmax".
const char* kernel_binary(const Work& work);

// ---- messages

enum class MessageFormat {
  kToken,      // the token's id
  kInt32Rows,  // int32 elements: rows of a linear, or x
  kPartialRows,  // int32 elements, modulo 2^32: rows of a linear over a part of its inputs
  kInt16Rows,  // int16 elements, two a word
  kMx,         // int8 elements, four a word, then a word with the exponent
  kSquares,    // uint64, low word first: a stripe's sum of squares, without the epsilon
  kWinner,     // int32 value, token id: the greatest of a logits tile
  kAnswer,     // token id, int32 value
  kRopeRow,    // int16 (cosine, sine) pairs of the token's position
  kLogits,     // int32 elements, only for tokens whose header asks for them
};

const char* message_format_name(MessageFormat format);

// The golden elements in a message: elements [first, first + count) of tensor `op` of `layer`, then zeros up
// to `length`. kPartialRows: only what `blocks` MX blocks of the linear's input, from first_block, contribute to
// them. kSquares: of the norm's input. kWinner: of kLogits. Not of tokens, answers and RoPE rows.
struct MessageTensor {
  MessageFormat format = MessageFormat::kToken;
  Op op = Op::kEmbedding;
  int layer = 0;
  int first = 0;
  int count = 0;
  int length = 0;
  int first_block = 0, blocks = 0;  // kPartialRows
};

// Payload words of a message, without its header.
int message_words(const MessageTensor& tensor);

// One message that a kernel sends for a token.
struct Send {
  int stream = 0;
  int part = 0;
  int first = 0,
      count = 0;       // rows (or columns, of an embedding) of the tile; first: of attention the query head
  int after_join = 0;  // sent when the joins 0 to after_join are complete
  MessageTensor tensor;
};

// Where the receiver puts messages, by kernel.
enum class Buffer {
  kToken,    // embedding: token id; rope: nothing is kept
  kX,        // stripe: int32 x
  kY,        // stripe: int32 rows to add
  kSquares,  // stripe: 16 bytes a sister
  kBlocks,   // linear, logits: MX blocks
  kSister,   // linear: int16 up rows, or int32 [partials][rows]
  kHeads,    // attention: int16 [query_heads][head_length], key, value
  kRope,     // attention: the position's row
  kWinners,  // argmax: 16 bytes a logits tile
};

const char* buffer_name(Buffer buffer);

// What a kernel receives from one stream: payloads go to offset + (part - part_base) * part_stride of the
// buffer.
struct Receive {
  int stream = 0;
  Buffer buffer = Buffer::kToken;
  int offset = 0;  // bytes, a multiple of 16
  int part_base = 0;
  int part_stride = 0;  // bytes, a multiple of 16
  int words = 0;        // payload of every message
  int messages = 0;     // a token
  int join = 0;
};

// ---- the graph

inline constexpr int kHost = -1;  // stands for the host among the ends of a stream

struct Kernel {
  Operator op = Operator::kEmbedding;
  int layer = 0;
  int index = 0;  // among the kernels of this operator and layer
  Work work;
  std::vector<Receive> receives;
  std::vector<Send> sends;  // in the order in which they leave
};

std::string kernel_name(const Kernel& kernel);  // "layer 2 qkv 5"

enum class StreamKind { kMulticast, kMerge };

struct Stream {
  std::string name;
  StreamKind kind = StreamKind::kMulticast;  // one producer, or one consumer
  std::vector<int> producers;                // kernels, or kHost
  std::vector<int> consumers;
  int transition = 0;  // streams that carry one step of a token from operator to operator share a number
};

struct KernelGraph {
  ModelShape shape;
  Partition partition;
  std::vector<Kernel> kernels;
  std::vector<Stream> streams;
  std::vector<double> urgency;  // by transition: what a hop in it costs a token; 1 on its critical path
  int token_stream = 0;         // from the host
  int answer_stream = 0;        // to the host
  int logits_stream = 0;        // to the host, for tokens that ask for it
};

// The golden op of a linear's or norm's result, by operator. Not for kRope, kArgmax and kQkv.
Op result_op(Operator op);

// Words on the wire per token, headers included.
int stream_words(const KernelGraph& graph, int stream);

std::string describe(const KernelGraph& graph);

}  // namespace tessera
