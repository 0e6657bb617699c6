// FIFOs of four words for each of the 16 colors of one port, in one memory.
//
// Handshake: a word pushed in a cycle is in the bank in the next. The bank always shows the oldest word of
// `head_color_i`, in the same cycle; `pop_i` takes it away at the end of the cycle and is legal only when that
// color is not empty. Push and pop go on together, on the same color too. There is no ready: the sender holds a
// credit for every word it sends. A word that comes to a full color is dropped and reported by `overflow_o` in the
// next cycle, and changes nothing. All other registers are zero whenever the bank is empty.

module fifo_bank (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        push_i,
  input  logic [3:0]  push_color_i,
  input  logic        push_last_i,
  input  logic [31:0] push_data_i,
  output logic [4:0]  overflow_o,    // {valid, color}, a register

  output logic [15:0] nonempty_o,
  output logic        single_o,      // there is one word in the bank
  input  logic [3:0]  head_color_i,
  output logic [31:0] head_data_o,   // zero while the bank is empty
  output logic        head_last_o,
  input  logic        pop_i
);

  // Bit c belongs to color c. Pointers are kept in slices, bit 0 of all colors and bit 1 of all colors, so that an
  // update is a few 16-bit operations whatever the color.
  logic [15:0] nonempty_q, read0_q, read1_q, write0_q, write1_q;
  logic [6:0]  words_q;      // in the bank
  logic [63:0] last_q;
  (* nomem2reg *) logic [31:0] data_q [64];   // a memory, though it is written where registers with a reset are

  logic [5:0]  head;

  always_comb begin
    head = 6'd0;
    head_data_o = 32'd0;
    head_last_o = 1'b0;
    if (nonempty_q != 16'd0) begin
      head = {head_color_i, read1_q[head_color_i], read0_q[head_color_i]};
      head_data_o = data_q[head];
      head_last_o = last_q[head];
    end
  end

  assign single_o = words_q == 7'd1;
  assign nonempty_o = nonempty_q;

  // The push comes from a link, and what a link feeds is flip-flops only: hence locals and no nets.
  always_ff @(posedge clk_i or negedge rst_ni) begin : update
    logic [15:0] met, full, ahead, pushed, popped, emptied;
    logic [5:0]  tail;
    if (!rst_ni) begin
      nonempty_q <= 16'd0;
      read0_q <= 16'd0;
      read1_q <= 16'd0;
      write0_q <= 16'd0;
      write1_q <= 16'd0;
      words_q <= 7'd0;
      last_q <= 64'd0;
      overflow_o <= 5'd0;
    end else if (push_i || pop_i || overflow_o[4]) begin
      met = write0_q ^ read0_q;                           // 0: bits 0 of the pointers are the same
      full = nonempty_q & ~met & ~(write1_q ^ read1_q);   // the pointers have met
      ahead = met & ~(write1_q ^ read1_q ^ read0_q);      // one word: the write pointer is one ahead
      pushed = ({15'd0, push_i} << push_color_i) & ~full;
      popped = {15'd0, pop_i} << head_color_i;
      emptied = popped & ahead & ~pushed;
      tail = {push_color_i, write1_q[push_color_i], write0_q[push_color_i]};
      if (pushed != 16'd0) data_q[tail] <= push_data_i;
      if (push_last_i || last_q != 64'd0)
        last_q <= (last_q & ~({63'd0, pop_i} << head)) | ({63'd0, push_last_i & |pushed} << tail);
      read1_q <= (read1_q ^ (popped & read0_q)) & ~emptied;
      read0_q <= (read0_q ^ popped) & ~emptied;
      write1_q <= (write1_q ^ (pushed & write0_q)) & ~emptied;
      write0_q <= (write0_q ^ pushed) & ~emptied;
      nonempty_q <= (nonempty_q | pushed) & ~emptied;
      words_q <= words_q + {6'd0, |pushed} - {6'd0, pop_i};
      overflow_o <= push_i && pushed == 16'd0 ? {1'b1, push_color_i} : 5'd0;
    end
  end

endmodule
