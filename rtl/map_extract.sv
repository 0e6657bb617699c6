// The operand buffer of the map unit, and the elements of a beat, taken from it in the cycle of issue_i.
//
// map_reader says where everything is: a word comes straight from the SRAM's port or from the buffer. One cycle
// later the elements stand in the registers of the four lanes, sign-extended, as factors of the multipliers (a, b),
// addend (c) and shift byte. A rotation has its two results in lanes 0 and 1, each as the sum or difference of its
// own lane's product and of the product two lanes further on. setup_i loads a value as an element of A.

module map_extract (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
  input  logic [255:0] descriptor_i,   // map_descriptor_t
  input  logic         b_vector_i,
  input  logic [1:0]   c_where_i,
  input  logic [1:0]   shift_mode_i,

  input  logic         write_i,
  input  logic [2:0]   slot_i,
  input  logic [127:0] read_data_i,
  input  logic [3:0]   buffered_i,
  input  logic [3:0]   head_i,
  input  logic [3:0]   shift_offset_i,
  input  logic [3:0]   b_offset_i,
  input  logic [3:0]   c_offset_i,
  input  logic [3:0]   a_offset_i,
  input  logic [31:0]  color_word_i,
  input  logic [1:0]   color_offset_i,
  input  logic [127:0] acc_data_a_i,
  input  logic [127:0] acc_data_b_i,
  input  logic [1:0]   acc_lane_i,     // of the accumulators: lane of the beat's first element in its quarter

  input  logic         issue_i,
  input  logic         setup_i,
  input  logic [31:0]  setup_value_i,

  output logic [35:0]  a0_o,
  output logic [35:0]  a1_o,
  output logic [35:0]  a2_o,
  output logic [35:0]  a3_o,
  output logic [63:0]  b_o,            // 4 x int16
  output logic [127:0] c_o,            // 4 x int32
  output logic [31:0]  shift_o         // 4 x int8
);

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::map_descriptor_t d;
  /* verilator lint_on UNUSEDSIGNAL */
  assign d = descriptor_i;

  // Up to four elements of a word from a byte on. More than one start at a multiple of a beat, so that only the
  // first can lie anywhere.
  function logic [127:0] elements(input logic [127:0] word, input logic [3:0] offset, input logic [1:0] size);
    logic [31:0] word0, word1, first;
    word0 = word[{offset[3:2], 5'd0} +: 32];
    word1 = offset[3] ? word[127:96] : word[63:32];
    first = word0 >> {offset[1:0], 3'd0};
    unique case (size)
      tessera_pkg::Size8:
        elements = {32'($signed(first[31:24])), 32'($signed(first[23:16])),
                    32'($signed(first[15:8])), 32'($signed(first[7:0]))};
      tessera_pkg::Size16:
        elements = {32'($signed(word1[31:16])), 32'($signed(word1[15:0])),
                    32'($signed(first[31:16])), 32'($signed(first[15:0]))};
      default:
        elements = {word[127:64], word1, word0};
    endcase
  endfunction

  // ---------------------------------------------------------------- what the descriptor asks for

  logic       a_color_q, a_acc_q, pair_q, b_vector_q, c_sram_q, c_acc_q, shift_q;
  logic       gate_q, rot_q, adjacent_q, high_q;
  logic [1:0] a_size_q, c_size_q;

  // ---------------------------------------------------------------- buffer

  logic [127:0] buffer_q [8];    // {operand, slot}

  always_ff @(posedge clk_i) begin
    if (write_i) buffer_q[slot_i] <= read_data_i;
  end

  // ---------------------------------------------------------------- elements

  logic [35:0]  a0_q, a1_q, a2_q, a3_q;
  logic [63:0]  b_q;
  logic [127:0] c_q;
  logic [31:0]  shift_bytes_q;

  assign a0_o = a0_q;
  assign a1_o = a1_q;
  assign a2_o = a2_q;
  assign a3_o = a3_q;
  assign b_o = b_q;
  assign c_o = c_q;
  assign shift_o = shift_bytes_q;

  // A pair is 128 * A + the second entry, modulo 2^36.
  function logic [35:0] wide_a(input logic pair, input logic [31:0] element, input logic [31:0] second);
    wide_a = 36'($signed(element));
    if (pair) wide_a = {element[28:0], 7'd0} + 36'($signed(second));
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin : load
    logic [127:0] a, b, c, word, acc_b;
    if (!rst_ni) begin
      {a_color_q, a_acc_q, pair_q, b_vector_q, c_sram_q, c_acc_q, shift_q} <= 7'd0;
      {gate_q, rot_q, adjacent_q, high_q} <= 4'd0;
      {a_size_q, c_size_q} <= 4'd0;
      {a0_q, a1_q, a2_q, a3_q} <= 144'd0;
      b_q <= 64'd0;
      c_q <= 128'd0;
      shift_bytes_q <= 32'd0;
    end else if (issue_i) begin
      acc_b = 128'd0;
      if (pair_q || c_acc_q) acc_b = elements(acc_data_b_i, {acc_lane_i, 2'd0}, tessera_pkg::Size32);

      b = 128'd0;
      if (b_vector_q) begin
        word = buffered_i[1] ? buffer_q[{2'd1, head_i[1]}] : read_data_i;
        b = elements(word, b_offset_i, tessera_pkg::Size16);
      end

      c = acc_b;
      if (c_sram_q) begin
        word = buffered_i[2] ? buffer_q[{2'd2, head_i[2]}] : read_data_i;
        c = elements(word, c_offset_i, c_size_q);
      end

      if (a_acc_q) begin
        a = elements(acc_data_a_i, {acc_lane_i, 2'd0}, tessera_pkg::Size32);
      end else if (a_color_q) begin
        a = elements({96'd0, color_word_i}, {2'd0, color_offset_i}, a_size_q);
      end else begin
        word = buffered_i[3] ? buffer_q[{2'd3, head_i[3]}] : read_data_i;
        a = elements(word, a_offset_i, a_size_q);
      end

      if (shift_q) begin
        word = buffered_i[0] ? buffer_q[{2'd0, head_i[0]}] : read_data_i;
        shift_bytes_q <= word[{shift_offset_i[3:2], 5'd0} +: 32] >> {shift_offset_i[1:0], 3'd0};
      end

      if (!rot_q) begin
        a0_q <= wide_a(pair_q, a[31:0], acc_b[31:0]);
        a1_q <= wide_a(pair_q, a[63:32], acc_b[63:32]);
        a2_q <= wide_a(pair_q, a[95:64], acc_b[95:64]);
        a3_q <= wide_a(pair_q, a[127:96], acc_b[127:96]);
        if (b_vector_q) b_q <= {b[111:96], b[79:64], b[47:32], b[15:0]};
        if (gate_q) c_q <= b;
        else if (c_sram_q || c_acc_q) c_q <= c;
      end else if (adjacent_q) begin
        // a * cos - b * sin, a * sin + b * cos
        a0_q <= 36'($signed(a[31:0]));
        a2_q <= 36'($signed(a[63:32]));
        a1_q <= 36'($signed(a[31:0]));
        a3_q <= 36'($signed(a[63:32]));
        b_q <= {b[15:0], b[47:32], b[47:32], b[15:0]};
      end else begin
        // a * cos - b * sin, or a * sin + b * cos, of two elements; b is C
        a0_q <= 36'($signed(a[31:0]));
        a2_q <= 36'($signed(c[31:0]));
        a1_q <= 36'($signed(a[63:32]));
        a3_q <= 36'($signed(c[63:32]));
        if (high_q) b_q <= {b[79:64], b[15:0], b[111:96], b[47:32]};
        else b_q <= {b[111:96], b[47:32], b[79:64], b[15:0]};
      end
    end else if (start_i) begin
      a_color_q <= d.a_where == tessera_pkg::WhereColor;
      a_acc_q <= d.a_where == tessera_pkg::WhereAcc;
      a_size_q <= d.a_where == tessera_pkg::WhereAcc ? tessera_pkg::Size32 : d.a_size;
      pair_q <= d.a_where == tessera_pkg::WhereAcc && d.a_size == tessera_pkg::SizePair;
      b_vector_q <= b_vector_i;
      c_sram_q <= c_where_i == tessera_pkg::WhereSram;
      c_acc_q <= c_where_i == tessera_pkg::WhereAcc;
      c_size_q <= d.c_size;
      shift_q <= shift_mode_i != tessera_pkg::ShiftScalar;
      gate_q <= d.operation == tessera_pkg::MapGate;
      rot_q <= d.operation == tessera_pkg::MapRot;
      adjacent_q <= d.mode == tessera_pkg::RotAdjacent;
      high_q <= d.mode == tessera_pkg::RotHigh;
    end else if (setup_i) begin
      a0_q <= {4'd0, setup_value_i};
    end
  end

endmodule
