// Every width, encoding, address and format of the tile, once.
//
// rtl/generate_constants reads this file and writes the same facts for C++ (tessera_constants.h) and for the
// kernels' C (tessera_tile.h), so nothing in here has a hand-made copy. It understands integer localparams,
// enums with explicit values, and packed structs of `logic` fields. A struct's fields are listed from the
// most significant down, as SystemVerilog wants it; no field crosses a 32-bit word.
//
// docs/tile.md says what each of these does.

package tessera_pkg;

  // ---------------------------------------------------------------- fabric

  localparam int unsigned ColorCount = 16;
  localparam int unsigned PortCount = 5;
  localparam int unsigned FifoDepth = 4;     // per (port, color): exactly full rate on one color
  localparam int unsigned DataWidth = 32;
  localparam int unsigned WaveletWidth = 38; // {valid, color[3:0], last, data[31:0]}
  localparam int unsigned CreditWidth = 5;   // {valid, color[3:0]}

  // Router ports, also the bit numbers of a route mask.
  typedef enum logic [2:0] {
    PortNorth = 0,
    PortEast  = 1,
    PortSouth = 2,
    PortWest  = 3,
    PortRamp  = 4
  } port_e;

  typedef struct packed {
    logic        valid;
    logic [3:0]  color;
    logic        last;
    logic [31:0] data;
  } wavelet_t;

  typedef struct packed {
    logic       valid;
    logic [3:0] color;
  } credit_t;

  // What an input of the router offers its outputs in a cycle; zero when there is none.
  typedef struct packed {
    logic        valid;
    logic        no_route;  // there is no way, and the word is dropped
    logic        waits;     // not all outputs of its way that it has not been to can take it
    logic [4:0]  asks;      // the outputs that could, bit port_e
    logic [3:0]  color;
    logic [15:0] pick;      // the color, one bit
  } offer_t;

  localparam int unsigned RequestColor = 0;   // control plane, parent to child
  localparam int unsigned ResponseColor = 1;  // control plane, child to parent
  localparam int unsigned FirstDataColor = 2;

  // ---------------------------------------------------------------- messages

  // The first word of every data message. What a producer is launched with (position, slot, tag, flags)
  // travels with the token; the part says which piece of a tensor the message holds.
  typedef struct packed {
    logic [3:0]  flags;     // see HeaderFlag*
    logic [7:0]  part;
    logic [1:0]  tag;       // context of a token in flight
    logic [4:0]  slot;      // KV cache slot
    logic [12:0] position;
  } header_t;

  localparam int unsigned TagCount = 4;
  localparam int unsigned SlotCount = 32;
  localparam int unsigned PositionCount = 8192;
  localparam int unsigned HeaderFlagOutput = 1;  // the host wants an answer to this token: the winning id
  localparam int unsigned HeaderFlagLogits = 2;  // ... and all logits

  // ---------------------------------------------------------------- control plane

  // First words of a message on RequestColor.
  typedef enum logic [1:0] {
    RequestKindOperation = 0,  // for this tile
    RequestKindPath      = 1,  // for a tile further on
    RequestKindFlood     = 2   // for this tile if the group matches, and for all its children
  } request_kind_e;

  // Three run-length turns, taken from turn 0 upwards. A run of 0 ends the word.
  typedef struct packed {
    logic [1:0] kind;        // RequestKindPath
    logic [7:0] run2;
    logic [1:0] direction2;  // port_e
    logic [7:0] run1;
    logic [1:0] direction1;
    logic [7:0] run0;
    logic [1:0] direction0;
  } request_path_t;

  typedef enum logic [2:0] {
    RequestWrite    = 1,  // address, then 1 to 256 data words, to ascending word addresses
    RequestRead     = 2,  // address, count: answers with that many words
    RequestChecksum = 3   // address, count: answers with one word
  } request_operation_e;

  typedef struct packed {
    logic [1:0]  kind;       // RequestKindOperation or RequestKindFlood
    logic [2:0]  operation;
    logic [2:0]  reserved;
    logic [7:0]  group;      // of a flood: the group that executes it, or RequestGroupAll
    logic [15:0] identity;   // repeated in the response
  } request_operation_t;

  localparam int unsigned RequestGroupAll = 255;
  localparam int unsigned RequestMaxWords = 256;

  // ---------------------------------------------------------------- memories and address map (byte addresses)

  localparam int unsigned SramBytes = 49152;
  localparam int unsigned SramWords = SramBytes / 16;         // of 128 bits
  localparam int unsigned SramAddressWidth = 12;              // of a 128-bit word
  localparam int unsigned InstructionBytes = 8192;
  localparam int unsigned InstructionWords = InstructionBytes / 4;
  localparam int unsigned InstructionAddressWidth = 11;       // of a 32-bit word

  localparam int unsigned SramBase = 32'h0000_0000;
  localparam int unsigned InstructionBase = 32'h0001_0000;
  localparam int unsigned RegisterBase = 32'h0002_0000;
  localparam int unsigned RegisterAddressWidth = 10;          // of a 32-bit register

  // Registers, by byte address.
  localparam int unsigned RegRoute = RegisterBase + 'h000;          // + (port * 16 + color) * 4: mask of outputs
  localparam int unsigned RegRule = RegisterBase + 'h200;           // + color * 8: receive_rule_t, low word first
  localparam int unsigned RegJoinExpected = RegisterBase + 'h280;   // + join * 4: messages that complete a join
  localparam int unsigned RegWaitJoin = RegisterBase + 'h300;       // + (join * 4 + tag) * 4: waits, acknowledges, gives the header
  localparam int unsigned RegReceive = RegisterBase + 'h380;        // + color * 4: waits for a wavelet and takes it
  localparam int unsigned RegSend = RegisterBase + 'h3c0;           // + color * 4: sends a wavelet
  localparam int unsigned RegSendLast = RegisterBase + 'h400;       // + color * 4: sends a wavelet with `last`
  localparam int unsigned RegHeader = RegisterBase + 'h440;         // header_t that the next launches send
  localparam int unsigned RegLaunch = RegisterBase + 'h444;         // launch_t: queues a list of descriptors; waits for room
  localparam int unsigned RegWaitUnits = RegisterBase + 'h448;      // waits until queue, MAC array and map unit are done
  localparam int unsigned RegWaitNotice = RegisterBase + 'h46c;     // waits until a descriptor with `notify` is done, and forgets it
  localparam int unsigned RegReduceMax = RegisterBase + 'h44c;      // last maximum
  localparam int unsigned RegReduceIndex = RegisterBase + 'h450;    // index of the first maximum
  localparam int unsigned RegReduceSumLow = RegisterBase + 'h454;   // last sum, 64 bits
  localparam int unsigned RegReduceSumHigh = RegisterBase + 'h458;
  localparam int unsigned RegEvents = RegisterBase + 'h45c;         // {ready joins (any tag) [23:16], non-empty colors [15:0]}
  localparam int unsigned RegEventMask = RegisterBase + 'h460;
  localparam int unsigned RegWaitEvents = RegisterBase + 'h464;     // waits until RegEvents & RegEventMask, and gives it
  localparam int unsigned RegLastReceived = RegisterBase + 'h468;   // set by RegReceive: 1 when the wavelet taken was a last one
  localparam int unsigned RegCoreRun = RegisterBase + 'h480;        // 1: start at pc 0; 0: stop
  localparam int unsigned RegChildren = RegisterBase + 'h484;       // ports to this tile's children in the forest
  localparam int unsigned RegGroup = RegisterBase + 'h488;
  localparam int unsigned RegCycle = RegisterBase + 'h48c;          // the wafer's cycle number
  localparam int unsigned RegError = RegisterBase + 'h490;          // tile_error_t; a write clears it
  localparam int unsigned RegCounter = RegisterBase + 'h500;        // + counter * 4; a write to the first clears all

  // ---------------------------------------------------------------- receiver

  localparam int unsigned JoinCount = 8;

  // What the ramp does with a message of one color: payload word i goes to byte address
  // 16 * (base + (part - part_base) * part_stride + tag * tag_stride) + 4 * i, and the join counts one.
  typedef struct packed {
    logic [11:0] tag_stride;   // in 16-byte words
    logic [7:0]  part_stride;  // in 16-byte words
    logic [11:0] base;         // in 16-byte words
    logic [10:0] reserved;
    logic [7:0]  part_base;
    logic [8:0]  words;        // payload words, 0 to 256; another length is an error
    logic [2:0]  join_id;
    logic        enable;
  } receive_rule_t;

  // ---------------------------------------------------------------- descriptors

  localparam int unsigned DescriptorBytes = 32;
  localparam int unsigned QueueDepth = 4;

  typedef struct packed {
    logic [15:0] count;    // descriptors, in ascending order, 1 to 65535
    logic [15:0] address;  // SRAM byte address of the first, a multiple of 16
  } launch_t;

  typedef enum logic [0:0] {
    UnitMap = 0,
    UnitMac = 1
  } unit_e;

  typedef enum logic [2:0] {
    MapMulq = 0,  // sat(sat(rsh((A + offset) * B, S)) + C)
    MapNorm = 1,  // sat(rsh(clamp(rsh(A, t)) * B, s)), t and s from the last maximum
    MapRot  = 2,  // sat16(rsh(a * c -+ b * s, 14))
    MapExpw = 3,  // p = rsh(EXP[dl & 255], dl >> 8), dl = last maximum - A; min(16383, rsh(p, S))
    MapGate = 4,  // rsh(A * sigmoid(A), 15) * B
    MapAdd  = 5   // sat(A + C)
  } map_operation_e;

  typedef enum logic [1:0] {
    WhereNone  = 0,
    WhereSram  = 1,
    WhereColor = 2,
    WhereAcc   = 3
  } where_e;

  typedef enum logic [1:0] {
    Size8  = 0,
    Size16 = 1,
    Size32 = 2,
    SizePair = 3  // of A in the accumulators: 128 * acc[entry] + acc[second entry]
  } size_e;

  typedef enum logic [1:0] {
    ShiftScalar = 0,  // S = shift
    ShiftPlus   = 1,  // S = shift + byte[i]
    ShiftMinus  = 2   // S = shift - byte[i]
  } shift_mode_e;

  typedef enum logic [1:0] {
    SubtractNone = 0,
    SubtractByte = 1,  // S -= the signed byte at shift_subtract_address
    SubtractTail = 2   // S -= the exponent that came with A's first entry, from a color through the MAC array
  } shift_subtract_e;

  typedef enum logic [2:0] {
    ReduceNone         = 0,
    ReduceMaxMagnitude = 1,
    ReduceMaxIndex     = 2,  // signed maximum and the index of its first occurrence
    ReduceSum          = 3,
    ReduceSumSquares   = 4   // MapAdd only: the multipliers are free there
  } reduce_e;

  typedef enum logic [1:0] {
    NormBfp8 = 0,  // t = 0 without clamp, s = max(0, bl(max) - 7)
    NormRms  = 1   // t = max(0, bl(max) - 14), s = max(0, bl(min(rsh(max, t), 16383) * B) - 7)
  } norm_mode_e;

  typedef enum logic [1:0] {
    RotAdjacent = 0,  // A holds a, b, a, b, ..; both results of a pair
    RotLow      = 1,  // A holds a, C holds b: a * c - b * s
    RotHigh     = 2   // A holds a, C holds b: a * s + b * c
  } rot_mode_e;

  // Addresses are SRAM byte addresses; strides are in bytes, 0 where elements are contiguous.
  typedef struct packed {
    // word 7: of MapMulq a signed offset; of MapNorm {exponent_address, exponent_base}
    logic [15:0] offset_high;
    logic [15:0] offset_low;
    // word 6
    logic [15:0] shift_subtract_address;
    logic [15:0] shift;                // signed
    // word 5; to a color: out_address is the color, out_stride the part
    logic [15:0] out_stride;
    logic [15:0] out_address;
    // word 4; C in the accumulators: c_address is the entry
    logic [15:0] shift_address;        // of the bytes of ShiftPlus and ShiftMinus
    logic [15:0] c_address;
    // word 3: signed scalar B, or the address of int16 elements
    logic [31:0] b_value;
    // word 2; A from a color: a_address is the color; from the accumulators: {second entry [7:4], entry [3:0]}
    logic [15:0] a_stride;
    logic [15:0] a_address;
    // word 1
    logic [2:0]  reserved1;
    logic        clamp_power;          // the inner limit is 2^(N-1) instead of 2^(N-1) - 1
    logic [5:0]  outer_width;          // N of the outer saturation; 0: none
    logic [5:0]  inner_width;          // N of the inner saturation; 0: none
    logic [15:0] count;                // elements
    // word 0
    logic        notify;               // when it is done, RegWaitNotice is served
    logic        ahead;                // reads nothing of SRAM that the map descriptor before it writes
    logic        acc_release;          // A's entries are free for the MAC array when they have been read
    logic        acc_wait;             // wait until A's entries are full
    logic [1:0]  mode;                 // norm_mode_e, rot_mode_e
    logic        reduce_continue;      // go on from the last reduction
    logic [2:0]  reduce;               // reduce_e
    logic [1:0]  out_size;             // size_e
    logic [1:0]  out_where;            // where_e
    logic [1:0]  shift_subtract;       // shift_subtract_e
    logic [1:0]  shift_mode;           // shift_mode_e
    logic [1:0]  c_size;               // size_e
    logic [1:0]  c_where;              // where_e
    logic        b_vector;             // B is a vector of int16 in SRAM
    logic [1:0]  a_size;               // size_e
    logic [1:0]  a_where;              // where_e
    logic        fence;                // start only when all earlier descriptors are done
    logic [2:0]  operation;            // map_operation_e
    logic        unit;                 // UnitMap
  } map_descriptor_t;

  // acc[entry + g][m] = sum over k of weight[weight_address + 16 * (g * group_stride + k * weight_stride) + m] * x[k],
  // x of group g from x_address + 16 * g * x_group_stride on
  typedef struct packed {
    logic [31:0] reserved7;
    logic [31:0] reserved6;
    logic [31:0] reserved5;
    // word 4, in 16-byte words
    logic [15:0] group_stride;
    logic [15:0] weight_stride;
    // word 3
    logic [15:0] reserved3;
    logic [15:0] weight_address;       // a multiple of 16
    // word 2; x_group_stride in 16-byte words; from a color: x_address is the color
    logic [15:0] x_group_stride;
    logic [15:0] x_address;
    // word 1
    logic [7:0]  entry;                // of the first group in the accumulators
    logic [7:0]  groups;               // of 16 outputs each, 1 to 16
    logic [15:0] count;                // activations
    // word 0
    logic [22:0] reserved0;
    logic        x_wide;               // x from SRAM is int16, at a multiple of 2
    logic [1:0]  x_where;              // WhereSram or WhereColor (then groups is 1)
    logic        reserved0b;
    logic        fence;
    logic [2:0]  reserved0a;
    logic        unit;                 // UnitMac; the fence is bit 4, as in map_descriptor_t
  } mac_descriptor_t;

  localparam int unsigned LaneCount = 16;     // of the MAC array
  localparam int unsigned AccEntries = 16;
  localparam int unsigned AccBankEntries = 8; // for kernels that work in halves turn about
  localparam int unsigned MapLaneCount = 4;
  localparam int unsigned BlockSize = 32;     // of an MX block

  // ---------------------------------------------------------------- counters and errors

  typedef enum logic [3:0] {
    CounterAwake       = 0,   // cycles in which the tile was awake
    CounterCore        = 1,   // instructions retired
    CounterMac         = 2,   // cycles in which the MAC array took a weight word
    CounterMap         = 3,   // cycles in which the map unit took a beat
    CounterStallInput  = 4,   // cycles the core slept on a wait
    CounterStallOutput = 5,   // cycles a sender had a wavelet and no credit
    CounterStallSram   = 6,   // cycles a unit was refused by the SRAM
    CounterNorth       = 7,   // wavelets sent, per port
    CounterEast        = 8,
    CounterSouth       = 9,
    CounterWest        = 10,
    CounterRamp        = 11
  } counter_e;
  localparam int unsigned CounterCount = 12;

  typedef enum logic [2:0] {
    ErrorNone       = 0,
    ErrorNoRoute    = 1,  // a wavelet met an empty route
    ErrorDeadLink   = 2,  // a route leads over a dead link
    ErrorOverflow   = 3,  // a wavelet arrived without a credit
    ErrorLength     = 4,  // a message was longer or shorter than its rule or descriptor
    ErrorAddress    = 5,  // no such address, or a wrong alignment
    ErrorDescriptor = 6,  // a descriptor asks for what the units cannot do
    ErrorInstruction = 7  // an illegal instruction; the core has stopped
  } error_kind_e;

  // The first error of a tile; sticky.
  typedef struct packed {
    logic [20:0] reserved;
    logic        valid;
    logic [2:0]  kind;   // error_kind_e
    logic [2:0]  port;   // port_e, of the first three kinds and ErrorLength
    logic [3:0]  color;
  } tile_error_t;

  // ---------------------------------------------------------------- core

  // Custom-0 instructions, R-type, rs2 = x0.
  localparam int unsigned CustomOpcode = 'h0b;
  localparam int unsigned CustomBitLength = 0;  // funct3: rd = bit length of rs1
  localparam int unsigned CustomSquareRoot = 1; // funct3: rd = floor(sqrt(rs1)), 16 cycles

endpackage
