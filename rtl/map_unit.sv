// The map unit: everything that is computed per element, up to four elements (a beat) a cycle.
//
//   map_decode      what the descriptor means, and whether it is legal
//   map_reader      operands in SRAM: addresses, requests, what has arrived
//   map_color       operand A from a color
//   map_constants   the shift, the constants of a norm
//   map_extract     elements of a beat, out of operand words                             1 cycle
//   map_arithmetic  four lanes: prepare, multiply, round, combine                        4 cycles
//   map_reduce      maximum and sum of the results
//   map_writer      results to SRAM, a color or the accumulators                         1 cycle
//
// A descriptor is taken with start_i while ready_o is high. An illegal one is reported (one cycle) and forgotten. A
// beat is issued when all its operands are there; beats move on together, and stand still together when the writer
// is not served.
//
// Two descriptors are in the unit at a time. What reads operands and prepares factors belongs to the one that was
// started last; what comes behind, to the one before it until that has written everything, and is then handed over
// (`hand`). ready_o is high when the last beat has left the operand registers. Results are those of one descriptor after
// another: one that reads SRAM waits for one that writes SRAM, unless it says that it need not (`ahead`); one that
// reads the accumulators for one that writes them; MapNorm and MapExpw for the maximum. done_o: there is nothing.

module map_unit (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
  output logic         ready_o,
  output logic         done_o,
  output logic         notice_o,       // a descriptor with `notify` is done
  input  logic [255:0] descriptor_i,   // map_descriptor_t
  input  logic [31:0]  header_i,       // header_t

  output logic         read_req_o,
  output logic [11:0]  read_addr_o,
  input  logic         read_gnt_i,
  input  logic [127:0] read_data_i,

  output logic         write_req_o,
  output logic [11:0]  write_addr_o,
  output logic [15:0]  write_be_o,
  output logic [127:0] write_data_o,
  input  logic         write_gnt_i,

  input  logic [15:0]  nonempty_i,
  output logic         take_o,
  output logic [3:0]   take_color_o,
  input  logic         take_gnt_i,
  input  logic [31:0]  take_data_i,
  input  logic         take_last_i,

  output logic         send_o,
  output logic [3:0]   send_color_o,
  output logic         send_last_o,
  output logic [31:0]  send_data_o,
  input  logic         send_ready_i,

  output logic [5:0]   acc_read_a_o,   // {entry, quarter}
  input  logic [127:0] acc_data_a_i,
  output logic [5:0]   acc_read_b_o,
  input  logic [127:0] acc_data_b_i,
  output logic         acc_write_o,
  output logic [5:0]   acc_write_addr_o,
  output logic [127:0] acc_write_data_o,
  input  logic         acc_write_gnt_i,

  input  logic [15:0]  entry_full_i,
  output logic [15:0]  entry_clear_o,
  output logic [3:0]   tail_entry_o,
  input  logic [7:0]   tail_i,

  input  logic [9:0]   reg_addr_i,
  output logic [31:0]  reg_rdata_o,

  output logic         error_o,
  output logic [2:0]   error_kind_o,   // error_kind_e
  output logic [3:0]   error_color_o,
  output logic         active_o,       // a beat was issued
  output logic         busy_o
);

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::map_descriptor_t d;
  /* verilator lint_on UNUSEDSIGNAL */
  assign d = descriptor_i;

  // ---------------------------------------------------------------- start

  logic       legal, start;
  logic [2:0] beat;
  logic       b_vector;
  logic [1:0] c_where, shift_mode, subtract;

  map_decode u_decode (
    .start_i, .descriptor_i, .legal_o(legal), .beat_o(beat), .b_vector_o(b_vector), .c_where_o(c_where),
    .shift_mode_o(shift_mode), .subtract_o(subtract)
  );

  assign start = start_i & legal;

  // ---------------------------------------------------------------- course of a descriptor

  // Of the descriptor that was started last.
  logic        running_q;
  logic        handed_q;         // it has the stages behind `prepare`
  logic        norm_q, notify_q, release_q, wait_q, pair_q;
  logic        setup_due_q;      // of a norm: its maximum has not gone ahead
  logic        read_held_q, issue_held_q;   // until the one before is done
  logic [2:0]  beat_q;
  logic [15:0] left_q;           // elements not yet issued
  logic [3:0]  full_lanes_q, last_lanes_q;  // that count in a beat, in the last one
  logic [7:0]  acc_element_q;    // of the next beat in the accumulators: {entry - first entry, quarter, lane}
  logic [3:0]  acc_a_q, acc_b_q; // first entries
  // Of the one that has the stages behind `prepare`.
  logic        owned_q;          // it is not done
  logic        exponent_due_q;   // all its beats have been taken by the writer
  logic        late_norm_q, late_notify_q;
  logic [3:0]  late_full_lanes_q, late_last_lanes_q;

  logic        front_end, hand, setup, issue, issue_last, advance, out_accept, written;
  logic        out_valid, out_last, out_ready, message_done, waiting, entries_full, older, reader_enable;
  logic [4:0]  stages;           // that hold a beat
  logic [3:0]  operands_used, operands_available, out_lanes, product_lanes;
  logic        color_used, color_available, product_last;
  logic        to_sram, to_acc;  // what has the stages behind `prepare`
  logic        reader_busy, constants_busy, writer_busy;

  // The stages behind `prepare` stand still while an exponent is written.
  always_comb begin
    {issue, issue_last, advance, out_accept, written, front_end, hand, setup, older, reader_enable} = 10'd0;
    if (running_q || owned_q) begin
      older = owned_q & ~handed_q;
      out_accept = out_valid & out_ready;
      written = late_norm_q ? exponent_due_q & out_ready : out_accept & out_last;
      if (running_q) begin
        reader_enable = ~(read_held_q & older);
        issue_last = left_q <= {13'd0, beat_q};
        front_end = left_q == 16'd0 && message_done && handed_q && !stages[0];
        hand = ~handed_q & ~waiting & (~owned_q | written);
        setup = setup_due_q & handed_q;
      end
      if (!exponent_due_q && (!out_valid || out_ready)) begin
        issue = running_q && left_q != 16'd0 && !waiting && !setup_due_q && !(issue_held_q && older) &&
                (handed_q || stages[2:0] == 3'd0) && entries_full &&
                (operands_used & ~operands_available) == 4'd0 && (!color_used || color_available);
        advance = issue | (|stages);
      end
    end
  end

  assign ready_o = ~running_q | front_end;
  assign done_o = ~(running_q | owned_q);
  assign notice_o = written & late_notify_q;
  assign active_o = issue;
  assign busy_o = advance | written | front_end | hand | setup | reader_busy | take_o | constants_busy | writer_busy;

  // Entries of the accumulators are waited for and released one by one, with the beats that need them.
  logic [15:0] entry_a, entry_b;

  always_comb begin
    acc_read_a_o = 6'd0;
    acc_read_b_o = 6'd0;
    entry_a = 16'd0;
    entry_b = 16'd0;
    entries_full = 1'b1;
    if (running_q) begin
      acc_read_a_o = {acc_a_q + acc_element_q[7:4], acc_element_q[3:2]};
      acc_read_b_o = {acc_b_q + acc_element_q[7:4], acc_element_q[3:2]};
      if (wait_q || release_q) begin
        entry_a = 16'd1 << acc_read_a_o[5:2];
        if (pair_q) entry_b = 16'd1 << acc_read_b_o[5:2];
      end
      if (wait_q) entries_full = ((entry_a | entry_b) & ~entry_full_i) == 16'd0;
    end
  end

  always_comb begin
    entry_clear_o = 16'd0;
    if (release_q && issue && (issue_last || {1'b0, acc_element_q[3:0]} + {2'd0, beat_q} == 5'd16))
      entry_clear_o = entry_a | entry_b;
  end

  assign tail_entry_o = acc_a_q;

  always_comb begin
    out_lanes = 4'd0;
    product_lanes = 4'd0;
    if (owned_q) begin
      out_lanes = out_last ? late_last_lanes_q : late_full_lanes_q;
      product_lanes = product_last ? late_last_lanes_q : late_full_lanes_q;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : front
    logic reads_sram, reads_acc;
    if (!rst_ni) begin
      running_q <= 1'b0;
      handed_q <= 1'b0;
      {norm_q, notify_q, release_q, wait_q, pair_q, setup_due_q, read_held_q, issue_held_q} <= 8'd0;
      beat_q <= 3'd0;
      left_q <= 16'd0;
      full_lanes_q <= 4'd0;
      last_lanes_q <= 4'd0;
      acc_element_q <= 8'd0;
      acc_a_q <= 4'd0;
      acc_b_q <= 4'd0;
    end else if (start) begin
      reads_sram = d.a_where == tessera_pkg::WhereSram || b_vector || c_where == tessera_pkg::WhereSram ||
                   shift_mode != tessera_pkg::ShiftScalar || subtract == tessera_pkg::SubtractByte;
      reads_acc = d.a_where == tessera_pkg::WhereAcc || c_where == tessera_pkg::WhereAcc;
      running_q <= 1'b1;
      handed_q <= 1'b0;
      norm_q <= d.operation == tessera_pkg::MapNorm;
      notify_q <= d.notify;
      release_q <= d.a_where == tessera_pkg::WhereAcc && d.acc_release;
      wait_q <= d.a_where == tessera_pkg::WhereAcc && d.acc_wait;
      pair_q <= d.a_size == tessera_pkg::SizePair;
      setup_due_q <= d.operation == tessera_pkg::MapNorm;
      read_held_q <= reads_sram & to_sram & ~d.ahead;
      issue_held_q <= (reads_acc & to_acc) | d.operation == tessera_pkg::MapExpw;
      beat_q <= beat;
      left_q <= d.count;
      full_lanes_q <= {{2{beat[2]}}, ~beat[0], 1'b1};
      last_lanes_q <= 4'b1111 >> ~((d.count[1:0] - 2'd1) & (beat[1:0] - 2'd1));
      acc_element_q <= 8'd0;
      acc_a_q <= d.a_address[3:0];
      acc_b_q <= c_where == tessera_pkg::WhereAcc ? d.c_address[3:0] : d.a_address[7:4];
    end else if (running_q) begin
      if (front_end) running_q <= 1'b0;
      if (hand) handed_q <= 1'b1;
      if (setup) setup_due_q <= 1'b0;
      if (issue) begin
        left_q <= issue_last ? 16'd0 : left_q - {13'd0, beat_q};
        acc_element_q <= acc_element_q + {5'd0, beat_q};
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : late
    if (!rst_ni) begin
      {owned_q, exponent_due_q, late_norm_q, late_notify_q} <= 4'd0;
      late_full_lanes_q <= 4'd0;
      late_last_lanes_q <= 4'd0;
    end else if (hand) begin
      owned_q <= 1'b1;
      exponent_due_q <= 1'b0;
      late_norm_q <= norm_q;
      late_notify_q <= notify_q;
      late_full_lanes_q <= full_lanes_q;
      late_last_lanes_q <= last_lanes_q;
    end else if (owned_q) begin
      if (written) owned_q <= 1'b0;
      exponent_due_q <= (exponent_due_q & ~written) | (late_norm_q & out_accept & out_last);
    end
  end

  // ---------------------------------------------------------------- operands

  logic         subtract_valid, word_write;
  logic [7:0]   subtract_byte;
  logic [2:0]   word_slot;
  logic [3:0]   buffered, head, shift_offset, b_offset, c_offset, a_offset;

  map_reader u_reader (
    .clk_i, .rst_ni, .start_i(start), .enable_i(reader_enable), .descriptor_i, .beat_i(beat), .b_vector_i(b_vector),
    .c_where_i(c_where), .shift_mode_i(shift_mode), .subtract_i(subtract),
    .read_req_o, .read_addr_o, .read_gnt_i, .read_data_i,
    .subtract_valid_o(subtract_valid), .subtract_byte_o(subtract_byte),
    .write_o(word_write), .slot_o(word_slot),
    .used_o(operands_used), .available_o(operands_available), .buffered_o(buffered), .head_o(head),
    .shift_offset_o(shift_offset), .b_offset_o(b_offset), .c_offset_o(c_offset), .a_offset_o(a_offset),
    .issue_i(issue), .last_i(issue_last),
    .busy_o(reader_busy)
  );

  logic [31:0] color_word;
  logic [1:0]  color_offset;
  logic        length_error;

  map_color u_color (
    .clk_i, .rst_ni, .start_i(start), .descriptor_i, .beat_i(beat),
    .nonempty_i, .take_o, .take_color_o, .take_gnt_i, .take_data_i, .take_last_i,
    .used_o(color_used), .available_o(color_available), .word_o(color_word), .offset_o(color_offset),
    .issue_i(issue), .last_i(issue_last),
    .done_o(message_done), .error_o(length_error), .error_color_o
  );

  assign error_o = (start_i & ~legal) | length_error;
  assign error_kind_o = length_error ? tessera_pkg::ErrorLength : tessera_pkg::ErrorDescriptor;

  logic [31:0]  maximum;
  logic [63:0]  product0, product1, product2, product3;
  logic [1:0]   setup_stage;
  logic         tail_valid;
  logic [4:0]   norm_shift;
  logic [7:0]   exponent;
  logic [17:0]  shift_base;
  logic [6:0]   shift;

  assign tail_valid = running_q & entries_full;

  map_constants u_constants (
    .clk_i, .rst_ni, .start_i(start), .descriptor_i, .subtract_i(subtract), .hand_i(hand),
    .subtract_valid_i(subtract_valid), .subtract_byte_i(subtract_byte), .tail_valid_i(tail_valid), .tail_i,
    .waiting_o(waiting), .shift_base_o(shift_base), .shift_o(shift),
    .setup_i(setup), .maximum_i(maximum), .product_i(product0[41:0]), .setup_stage_o(setup_stage),
    .norm_shift_o(norm_shift), .exponent_o(exponent),
    .busy_o(constants_busy)
  );

  logic [35:0]  a0, a1, a2, a3;
  logic [63:0]  b;
  logic [127:0] c;
  logic [31:0]  shift_bytes;

  map_extract u_extract (
    .clk_i, .rst_ni, .start_i(start), .descriptor_i, .b_vector_i(b_vector), .c_where_i(c_where),
    .shift_mode_i(shift_mode),
    .write_i(word_write), .slot_i(word_slot), .read_data_i, .buffered_i(buffered), .head_i(head),
    .shift_offset_i(shift_offset), .b_offset_i(b_offset), .c_offset_i(c_offset), .a_offset_i(a_offset),
    .color_word_i(color_word), .color_offset_i(color_offset),
    .acc_data_a_i, .acc_data_b_i, .acc_lane_i(acc_element_q[1:0]),
    .issue_i(issue), .setup_i(setup), .setup_value_i(maximum),
    .a0_o(a0), .a1_o(a1), .a2_o(a2), .a3_o(a3), .b_o(b), .c_o(c), .shift_o(shift_bytes)
  );

  // ---------------------------------------------------------------- arithmetic and results

  logic [127:0] out;

  assign out_valid = stages[4];

  map_arithmetic u_arithmetic (
    .clk_i, .rst_ni, .start_i(start), .descriptor_i, .b_vector_i(b_vector), .c_where_i(c_where),
    .shift_mode_i(shift_mode), .hand_i(hand),
    .maximum_i(maximum), .norm_shift_i(norm_shift), .shift_base_i(shift_base), .shift_i(shift),
    .setup_stage_i(setup_stage),
    .advance_i(advance), .load_i(issue), .load_last_i(issue_last),
    .a0_i(a0), .a1_i(a1), .a2_i(a2), .a3_i(a3), .b_i(b), .c_i(c), .shift_bytes_i(shift_bytes),
    .stages_o(stages), .last_o(out_last), .out_o(out),
    .product_last_o(product_last),
    .product0_o(product0), .product1_o(product1), .product2_o(product2), .product3_o(product3)
  );

  map_reduce u_reduce (
    .clk_i, .rst_ni, .start_i(start), .descriptor_i, .hand_i(hand),
    .valid_i(out_accept), .lanes_i(out_lanes), .out_i(out),
    .product_valid_i(stages[2] & advance), .product_lanes_i(product_lanes),
    .product0_i(product0), .product1_i(product1), .product2_i(product2), .product3_i(product3),
    .maximum_o(maximum), .reg_addr_i, .reg_rdata_o
  );

  map_writer u_writer (
    .clk_i, .rst_ni, .start_i(start), .descriptor_i, .header_i, .beat_i(beat), .hand_i(hand),
    .to_sram_o(to_sram), .to_acc_o(to_acc),
    .beats_coming_i(owned_q & (|stages)), .valid_i(out_valid), .last_i(out_last), .lanes_i(out_lanes), .out_i(out),
    .exponent_valid_i(exponent_due_q), .exponent_i(exponent), .ready_o(out_ready),
    .write_req_o, .write_addr_o, .write_be_o, .write_data_o, .write_gnt_i,
    .send_o, .send_color_o, .send_last_o, .send_data_o, .send_ready_i,
    .acc_write_o, .acc_write_addr_o, .acc_write_data_o, .acc_write_gnt_i,
    .busy_o(writer_busy)
  );

endmodule
