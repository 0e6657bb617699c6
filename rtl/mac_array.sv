// 16 lanes of int8 x int8 -> int32: products of a vector x with a weight matrix, straight from SRAM.
//
// A descriptor is taken with start_i while ready_o is high; it is known to be legal. Words of x (mac_source: 16
// bytes from SRAM, or 4 from a color) come with a mask of their elements that are in use and not zero. One element
// a cycle is taken from the mask, lowest first, and its weight word is read; a refused read is repeated. The word
// arrives in the next cycle and is kept; in the one after that the lanes add. A group's sums go to the accumulators
// in the cycle after its last addition, while the next group's first addition may already replace them.
//
// The bank can be full only before the first group is written: until then no second group starts. ready_o returns
// in the cycle after the last write, which sets the bank full.

module mac_array (
  input  logic         clk_i,
  input  logic         rst_ni,

  input  logic         start_i,
  output logic         ready_o,
  input  logic [255:0] descriptor_i,   // mac_descriptor_t

  output logic         read_req_o,
  output logic [11:0]  read_addr_o,
  input  logic         read_gnt_i,
  input  logic [127:0] read_data_i,

  input  logic [15:0]  nonempty_i,
  output logic         take_o,
  output logic [3:0]   take_color_o,
  input  logic         take_gnt_i,
  input  logic [31:0]  take_data_i,
  input  logic         take_last_i,

  input  logic [1:0]   bank_full_i,
  output logic [1:0]   bank_set_o,
  output logic         acc_write_o,
  output logic [3:0]   acc_write_entry_o,
  output logic [511:0] acc_write_data_o,

  output logic [7:0]   tail_o,         // last word of the last message from a color
  output logic         error_o,        // ErrorLength
  output logic [3:0]   error_color_o,
  output logic         active_o,       // a weight word was taken
  output logic         busy_o
);

  /* verilator lint_off UNUSEDSIGNAL */  // not every field is for this module
  tessera_pkg::mac_descriptor_t descriptor;
  /* verilator lint_on UNUSEDSIGNAL */
  logic       from_color;
  logic [3:0] first_element;   // of the first word of x: its elements before byte x_address

  assign descriptor = descriptor_i;
  assign from_color = descriptor.x_where == tessera_pkg::WhereColor;
  assign first_element = from_color ? 4'd0 :
                         descriptor.x_step ? {1'b0, descriptor.x_address[3:1]} : descriptor.x_address[3:0];

  logic         running_q;
  assign ready_o = ~running_q;

  // ---------------------------------------------------------------- activations

  logic         offered, offered_final, load, drained;
  logic [127:0] offered_word;
  logic [15:0]  offered_mask;
  logic         x_read, message_done, source_busy;
  logic [11:0]  x_read_addr;

  mac_source u_source (
    .clk_i, .rst_ni, .start_i, .running_i(running_q), .descriptor_i,
    .read_req_o(x_read), .read_addr_o(x_read_addr), .read_gnt_i(x_read & read_gnt_i), .read_data_i,
    .nonempty_i, .take_o, .take_color_o, .take_gnt_i, .take_data_i, .take_last_i,
    .word_valid_o(offered), .word_o(offered_word), .word_mask_o(offered_mask), .word_final_o(offered_final),
    .word_ready_i(load), .drained_i(drained),
    .message_done_o(message_done), .tail_o, .error_o, .error_color_o, .busy_o(source_busy)
  );

  // ---------------------------------------------------------------- issue: an element and its weight word

  logic [11:0]  stride_q, group_stride_q;  // of weight words
  logic [11:0]  span_q;         // weight words between two words of x
  logic         step_q;
  logic [11:0]  group_base_q;   // weight word of byte 0 of a group's first word of x
  logic         word_first_q;   // the word that comes next is the first of a group

  logic         valid_q;        // a word of x is here
  logic [127:0] word_q;
  logic [15:0]  mask_q;         // its elements still to do; none without a word
  logic         final_q;
  logic [11:0]  base_q;         // weight word of its byte 0

  logic         first_q;        // the next operation is the first of its group
  logic         later_q;        // ... and its group is not the descriptor's first
  logic         bank_q;

  logic         allowed;        // the next group may start
  logic         weight_read, issue, issue_last, word_done;
  logic [15:0]  lowest;
  logic [3:0]   position, element;
  logic [7:0]   x;
  logic [11:0]  weight_addr;

  assign drained = ~valid_q;

  always_comb begin
    allowed = 1'b0;
    weight_read = 1'b0;
    lowest = 16'd0;
    position = 4'd0;
    element = 4'd0;
    x = 8'd0;
    weight_addr = 12'd0;
    if (valid_q) begin
      allowed = ~(later_q & bank_full_i[bank_q]);
      if (mask_q != 16'd0) begin
        weight_read = allowed & ~x_read;
        lowest = mask_q & (~mask_q + 16'd1);
        position = {|(lowest & 16'hff00), |(lowest & 16'hf0f0), |(lowest & 16'hcccc), |(lowest & 16'haaaa)};
        element = step_q ? {1'b0, position[3:1]} : position;
        x = word_q[{position, 3'd0} +: 8];
        weight_addr = base_q + 12'(element) * stride_q;
      end
    end
  end

  assign read_req_o = x_read | weight_read;
  assign read_addr_o = x_read ? x_read_addr : weight_addr;
  assign active_o = weight_read & read_gnt_i;

  // A group whose last elements are zero ends with an addition of zero.
  always_comb begin
    issue = 1'b0;
    issue_last = 1'b0;
    word_done = 1'b0;
    if (valid_q) begin
      if (mask_q != 16'd0) begin
        issue = weight_read & read_gnt_i;
        word_done = issue & (mask_q == lowest);
      end else begin
        issue = final_q & allowed;
        word_done = ~final_q | allowed;
      end
      issue_last = final_q & word_done;
    end
  end

  assign load = offered & (~valid_q | word_done);

  // ---------------------------------------------------------------- weight word, addition, result

  logic         fetched_q, fetched_first_q, fetched_last_q;  // an element's weight word is on read_data_i
  logic [7:0]   fetched_x_q;
  logic         add_q, add_first_q, add_last_q;              // ... is in weight_q
  logic [7:0]   add_x_q;
  logic [127:0] weight_q;
  logic         sums_q;                                      // the lanes hold a group's sums
  logic [3:0]   entry_q, groups_q;                           // to write next; left to write

  always_comb begin
    acc_write_o = 1'b0;
    bank_set_o = 2'b00;
    if (sums_q && !bank_full_i[bank_q] && message_done) begin
      acc_write_o = 1'b1;
      if (groups_q == 4'd1) bank_set_o = {bank_q, ~bank_q};
    end
  end

  assign acc_write_entry_o = entry_q;
  assign busy_o = source_busy | load | weight_read | word_done | fetched_q | add_q | acc_write_o;

  for (genvar i = 0; i < tessera_pkg::LaneCount; i++) begin : gen_lane
    mac_lane u_lane (
      .clk_i, .rst_ni,
      .add_i(add_q), .first_i(add_first_q), .weight_i(weight_q[i*8 +: 8]), .x_i(add_x_q),
      .sum_o(acc_write_data_o[i*32 +: 32])
    );
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin : registers
    logic [11:0] stride;
    if (!rst_ni) begin
      running_q <= 1'b0;
      stride_q <= 12'd0;
      group_stride_q <= 12'd0;
      span_q <= 12'd0;
      step_q <= 1'b0;
      group_base_q <= 12'd0;
      word_first_q <= 1'b0;
      valid_q <= 1'b0;
      word_q <= 128'd0;
      mask_q <= 16'd0;
      final_q <= 1'b0;
      base_q <= 12'd0;
      first_q <= 1'b0;
      later_q <= 1'b0;
      bank_q <= 1'b0;
      {fetched_q, fetched_first_q, fetched_last_q} <= 3'b000;
      fetched_x_q <= 8'd0;
      {add_q, add_first_q, add_last_q} <= 3'b000;
      add_x_q <= 8'd0;
      weight_q <= 128'd0;
      sums_q <= 1'b0;
      entry_q <= 4'd0;
      groups_q <= 4'd0;
    end else if (running_q) begin
      if (acc_write_o) begin
        running_q <= groups_q != 4'd1;
        entry_q <= entry_q + 4'd1;
        groups_q <= groups_q - 4'd1;
      end
      sums_q <= (add_q & add_last_q) | (sums_q & ~acc_write_o);
      add_q <= fetched_q;
      add_first_q <= fetched_first_q;
      add_last_q <= fetched_last_q;
      add_x_q <= fetched_x_q;
      if (fetched_q) weight_q <= read_data_i;
      fetched_q <= issue;
      fetched_first_q <= first_q;
      fetched_last_q <= issue_last;
      fetched_x_q <= x;
      if (issue) begin
        first_q <= issue_last;
        later_q <= later_q | issue_last;
        mask_q <= mask_q & ~lowest;
      end
      if (load) begin
        valid_q <= 1'b1;
        word_q <= offered_word;
        mask_q <= offered_mask;
        final_q <= offered_final;
        base_q <= word_first_q ? group_base_q : base_q + span_q;
        if (word_first_q) group_base_q <= group_base_q + group_stride_q;
        word_first_q <= offered_final;
      end else if (word_done) begin
        valid_q <= 1'b0;
      end
    end else if (start_i) begin
      stride = descriptor.weight_stride[11:0];
      running_q <= 1'b1;
      stride_q <= stride;
      group_stride_q <= descriptor.group_stride[11:0];
      span_q <= from_color ? stride << 2 : descriptor.x_step ? stride << 3 : stride << 4;
      step_q <= descriptor.x_step & ~from_color;
      group_base_q <= descriptor.weight_address[15:4] - 12'(first_element) * stride;
      word_first_q <= 1'b1;
      first_q <= 1'b1;
      later_q <= 1'b0;
      bank_q <= descriptor.entry[3];
      entry_q <= descriptor.entry[3:0];
      groups_q <= descriptor.groups[3:0];
    end
  end

endmodule
