// Reads the operands of the map unit from SRAM, and says where the elements of the next beat lie.
//
// Four operands, as bits of a vector: shift bytes 0, B 1, C 2, A 3. Each has room for two words in the buffer of
// map_extract; one word is asked for in a cycle, lowest bit first, arrives in the next, is written to the buffer
// (write_o, slot_o) and may be used in that cycle already. available_o: the word that the next beat needs is there;
// of operands that do not come from SRAM it is meaningless. issue_i uses up a beat of all operands. No word is read
// that no element needs; of a strided operand there is one read an element.
//
// Before the operands the byte that is subtracted from the shift is read; it comes with subtract_valid_o.

module map_reader (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
  input  logic         enable_i,       // words may be asked for
  input  logic [255:0] descriptor_i,   // map_descriptor_t
  input  logic [2:0]   beat_i,         // of map_decode, like the next four
  input  logic         b_vector_i,
  input  logic [1:0]   c_where_i,
  input  logic [1:0]   shift_mode_i,
  input  logic [1:0]   subtract_i,

  output logic         read_req_o,
  output logic [11:0]  read_addr_o,
  input  logic         read_gnt_i,
  input  logic [127:0] read_data_i,

  output logic         subtract_valid_o,
  output logic [7:0]   subtract_byte_o,

  output logic         write_o,        // read_data_i is a word of an operand
  output logic [2:0]   slot_o,         // {operand, slot}
  output logic [3:0]   used_o,         // operands that come from SRAM
  output logic [3:0]   available_o,
  output logic [3:0]   buffered_o,     // the word to use is in the buffer, not on read_data_i
  output logic [3:0]   head_o,         // ... in this slot
  output logic [3:0]   shift_offset_o, // of the next beat in its word, in bytes
  output logic [3:0]   b_offset_o,
  output logic [3:0]   c_offset_o,
  output logic [3:0]   a_offset_o,
  input  logic         issue_i,
  input  logic         last_i,         // ... the last beat

  output logic         busy_o
);

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::map_descriptor_t d;
  /* verilator lint_on UNUSEDSIGNAL */
  assign d = descriptor_i;

  // Words of a contiguous vector of so many bytes from a place in its first word.
  function logic [15:0] words(input logic [3:0] offset, input logic [17:0] bytes);
    words = 16'(({1'b0, bytes} + {15'd0, offset} + 19'd15) >> 4);
  endfunction

  logic        subtract_q, subtract_arriving_q;   // to ask for; on read_data_i
  logic [15:0] subtract_addr_q;
  logic [3:0]  used_q, more_q;      // more_q: there are words left to ask for
  logic [15:0] shift_left_q, b_left_q, c_left_q, a_left_q;   // words
  logic [11:0] shift_addr_q, b_addr_q, c_addr_q;
  logic [15:0] a_addr_q, a_step_q;  // bytes
  logic [3:0]  arriving_q;          // the operand whose word is on read_data_i
  logic [3:0]  one_q, two_q;        // there is at least one word, there are two in the buffer
  logic [3:0]  head_q;
  logic [4:0]  shift_advance_q, b_advance_q, c_advance_q, a_advance_q;   // bytes of a beat
  logic        a_strided_q;         // ... or to the next element, and every word is used once
  logic [3:0]  shift_offset_q, b_offset_q, c_offset_q, a_offset_q;

  // ---------------------------------------------------------------- asking

  logic [3:0] want, pick;

  always_comb begin
    want = 4'd0;
    pick = 4'd0;
    read_req_o = 1'b0;
    read_addr_o = 12'd0;
    if (!enable_i) begin
      read_req_o = 1'b0;
    end else if (subtract_q) begin
      read_req_o = 1'b1;
      read_addr_o = subtract_addr_q[15:4];
    end else if (more_q != 4'd0) begin
      want = more_q & ~two_q & ~(one_q & arriving_q);
      pick = want & (~want + 4'd1);
      read_req_o = want != 4'd0;
      read_addr_o = pick[0] ? shift_addr_q : pick[1] ? b_addr_q : pick[2] ? c_addr_q : a_addr_q[15:4];
    end
  end

  assign busy_o = read_req_o | subtract_arriving_q | (|arriving_q);

  // ---------------------------------------------------------------- arriving

  always_comb begin
    write_o = 1'b0;
    slot_o = 3'd0;
    subtract_byte_o = 8'd0;
    if (subtract_arriving_q) begin
      subtract_byte_o = read_data_i[{subtract_addr_q[3:0], 3'd0} +: 8];
    end else if (arriving_q != 4'd0) begin
      write_o = 1'b1;
      slot_o = {|arriving_q[3:2], arriving_q[3] | arriving_q[1], |(arriving_q & (head_q ^ one_q))};
    end
  end

  assign subtract_valid_o = subtract_arriving_q;
  assign available_o = one_q | arriving_q;
  assign buffered_o = one_q;
  assign head_o = head_q;
  assign used_o = used_q;
  assign shift_offset_o = shift_offset_q;
  assign b_offset_o = b_offset_q;
  assign c_offset_o = c_offset_q;
  assign a_offset_o = a_offset_q;

  // ---------------------------------------------------------------- registers

  always_ff @(posedge clk_i or negedge rst_ni) begin : registers
    logic [3:0] used, pop, grow, shrink, one;
    logic       strided, pairs;   // pairs: two int16 of B for an element
    logic [4:0] shift_next, b_next, c_next, a_next;
    if (!rst_ni) begin
      {subtract_q, subtract_arriving_q} <= 2'b00;
      subtract_addr_q <= 16'd0;
      used_q <= 4'd0;
      more_q <= 4'd0;
      {shift_left_q, b_left_q, c_left_q, a_left_q} <= 64'd0;
      {shift_addr_q, b_addr_q, c_addr_q} <= 36'd0;
      {a_addr_q, a_step_q} <= 32'd0;
      arriving_q <= 4'd0;
      {one_q, two_q, head_q} <= 12'd0;
      {shift_advance_q, b_advance_q, c_advance_q, a_advance_q} <= 20'd0;
      a_strided_q <= 1'b0;
      {shift_offset_q, b_offset_q, c_offset_q, a_offset_q} <= 16'd0;
    end else if (start_i) begin
      strided = d.a_stride != 16'd0;
      pairs = d.operation == tessera_pkg::MapRot && d.mode != tessera_pkg::RotAdjacent;
      used = {d.a_where == tessera_pkg::WhereSram, c_where_i == tessera_pkg::WhereSram, b_vector_i,
              shift_mode_i != tessera_pkg::ShiftScalar};
      subtract_q <= subtract_i == tessera_pkg::SubtractByte;
      subtract_addr_q <= d.shift_subtract_address;
      used_q <= used;
      more_q <= used;
      shift_left_q <= words(d.shift_address[3:0], {2'd0, d.count});
      b_left_q <= words(d.b_value[3:0], pairs ? {d.count, 2'd0} : {1'b0, d.count, 1'b0});
      c_left_q <= words(d.c_address[3:0], {2'd0, d.count} << d.c_size);
      a_left_q <= strided ? d.count : words(d.a_address[3:0], {2'd0, d.count} << d.a_size);
      shift_addr_q <= d.shift_address[15:4];
      b_addr_q <= d.b_value[15:4];
      c_addr_q <= d.c_address[15:4];
      a_addr_q <= d.a_address;
      a_step_q <= strided ? d.a_stride : 16'd16;
      shift_advance_q <= {2'd0, beat_i};
      b_advance_q <= pairs ? {beat_i, 2'd0} : {1'b0, beat_i, 1'b0};
      c_advance_q <= {2'd0, beat_i} << d.c_size;
      a_advance_q <= strided ? {1'b0, d.a_stride[3:0]} : {2'd0, beat_i} << d.a_size;
      a_strided_q <= strided;
      shift_offset_q <= d.shift_address[3:0];
      b_offset_q <= d.b_value[3:0];
      c_offset_q <= d.c_address[3:0];
      a_offset_q <= d.a_address[3:0];
    end else if (enable_i) begin
      // A beat moves on in its words. A word is used up with its last byte, or by the last beat.
      pop = 4'd0;
      if (issue_i) begin
        shift_next = {1'b0, shift_offset_q} + shift_advance_q;
        b_next = {1'b0, b_offset_q} + b_advance_q;
        c_next = {1'b0, c_offset_q} + c_advance_q;
        a_next = {1'b0, a_offset_q} + a_advance_q;
        pop = used_q & ({a_next[4] | a_strided_q, c_next[4], b_next[4], shift_next[4]} | {4{last_i}});
        shift_offset_q <= shift_next[3:0];
        b_offset_q <= b_next[3:0];
        c_offset_q <= c_next[3:0];
        a_offset_q <= a_next[3:0];
      end

      if (write_o || pop != 4'd0) begin
        grow = arriving_q & ~pop;
        shrink = pop & ~arriving_q;
        one = (one_q | grow) & ~(shrink & ~two_q);
        head_q <= (head_q ^ (pop & one_q)) & one;
        two_q <= (two_q | (one_q & grow)) & ~shrink;
        one_q <= one;
      end

      arriving_q <= read_gnt_i ? pick : 4'd0;
      subtract_arriving_q <= read_gnt_i & subtract_q;
      if (read_gnt_i) begin
        subtract_q <= 1'b0;
        if (pick[0]) begin
          more_q[0] <= shift_left_q != 16'd1;
          shift_left_q <= shift_left_q - 16'd1;
          shift_addr_q <= shift_addr_q + 12'd1;
        end
        if (pick[1]) begin
          more_q[1] <= b_left_q != 16'd1;
          b_left_q <= b_left_q - 16'd1;
          b_addr_q <= b_addr_q + 12'd1;
        end
        if (pick[2]) begin
          more_q[2] <= c_left_q != 16'd1;
          c_left_q <= c_left_q - 16'd1;
          c_addr_q <= c_addr_q + 12'd1;
        end
        if (pick[3]) begin
          more_q[3] <= a_left_q != 16'd1;
          a_left_q <= a_left_q - 16'd1;
          a_addr_q <= a_addr_q + a_step_q;
        end
      end
    end
  end

endmodule
